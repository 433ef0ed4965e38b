import type { KoaContextWithOIDC } from 'oidc-provider';
import type { OrganizationRules } from '../../../flows/enter-organization/enter-organization.ts';
import type { Db } from '../../../platform/db/db.ts';
import { randomAlnum } from '../../../platform/ids/ids.ts';
import { findConnectionByName } from '../../../records/connections/connections.ts';
import {
  findOrganization,
  findOrganizationByName,
  listEnabledConnections,
  type Organization,
} from '../../../records/organizations/organizations.ts';
import { tenantSettings } from '../../../records/settings/settings.ts';

/**
 * The organization a login was for travels in the id of the library's grant: codes, refresh tokens and access tokens all name
 * their grant, so none of them can lose it or get another (docs/decisions/0015).
 */
const SEPARATOR = '.';

/** The id of a new grant for logins to this organization. */
export function organizationGrantId(organizationId: string): string {
  return `${randomAlnum(43)}${SEPARATOR}${organizationId}`;
}

/**
 * The organization that a code, refresh token or access token is for, a token of an application for itself included; null when
 * it is for none.
 */
export function organizationOf(token: object | undefined): string | null {
  if (token === undefined) return null;
  if ('grantId' in token && typeof token.grantId === 'string') {
    return organizationOfGrant(token.grantId);
  }
  if ('extra' in token && typeof token.extra === 'object' && token.extra !== null) {
    const claims: { org_id?: unknown } = token.extra;
    return typeof claims.org_id === 'string' ? claims.org_id : null;
  }
  return null;
}

/** The organization a grant is for; the id says it. */
export function organizationOfGrant(grantId: string): string | null {
  const at = grantId.indexOf(SEPARATOR);
  return at < 0 ? null : grantId.slice(at + 1);
}

export type OrganizationClaims = { org_id?: string; org_name?: string };

/** What tokens say about an organization; its name only where the operator has allowed names. */
export async function organizationClaims(
  db: Db,
  organizationId: string | null,
): Promise<OrganizationClaims> {
  if (organizationId === null) return {};
  if (!(await organizationNamesAllowed(db))) return { org_id: organizationId };
  const organization = await findOrganization(db, organizationId);
  return { org_id: organizationId, ...(organization && { org_name: organization.name }) };
}

/** What {@link organizationClaims} said when this access token was made. */
export function claimsInToken(token: { extra?: Record<string, unknown> }): OrganizationClaims {
  const { org_id: id, org_name: name } = token.extra ?? {};
  return {
    ...(typeof id === 'string' && { org_id: id }),
    ...(typeof name === 'string' && { org_name: name }),
  };
}

/** Whether applications may name an organization instead of giving its id, and read its name in tokens. */
export async function organizationNamesAllowed(db: Db): Promise<boolean> {
  const { extra } = await tenantSettings(db);
  return extra.allow_organization_name_in_authentication_api === true;
}

/** The organization that an application means: by its id, or by its name where names are allowed; null: there is none. */
export async function organizationCalled(db: Db, wanted: string): Promise<Organization | null> {
  // PostgreSQL has no NUL in text, so none is called that.
  if (wanted.includes('\0')) return null;
  const byId = await findOrganization(db, wanted);
  if (byId !== null || !(await organizationNamesAllowed(db))) return byId;
  return findOrganizationByName(db, wanted.toLowerCase());
}

/** The organization that an application names, as far as it may name one; or what is wrong with that, in the words of the wire. */
export async function organizationAllowed(
  db: Db,
  { usage }: Pick<OrganizationRules, 'usage'>,
  wanted: string,
): Promise<Organization | string> {
  if (usage === 'deny') return 'parameter organization is not allowed for this client';
  return (await organizationCalled(db, wanted)) ?? 'parameter organization is invalid';
}

export const NO_DOOR = 'the connection is not enabled for the organization';

/** Whether people log in to an organization with the user store of this name. */
export async function isDoorOf(db: Db, organizationId: string, name: string): Promise<boolean> {
  const connection = await findConnectionByName(db, name);
  const page = { organizationId, offset: 0, limit: 1000 };
  const { connections } = await listEnabledConnections(db, page);
  return connections.some((one) => one.connectionId === connection?.id);
}

/** The organization that a request to /authorize is for; its validity was checked before. */
export function organizationIn(ctx: KoaContextWithOIDC): string | null {
  const wanted = ctx.oidc.params?.organization;
  return typeof wanted === 'string' && wanted !== '' ? wanted : null;
}
