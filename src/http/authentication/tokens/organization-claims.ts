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
 * The ID of the library's grant contains the organization of the login. Codes, refresh tokens and access tokens all name their grant, so
 * none can lose or change the organization (docs/decisions/0015).
 */
const SEPARATOR = '.';

/** Returns the ID of a new grant for a login to this organization. */
export function organizationGrantId(organizationId: string): string {
  return `${randomAlnum(43)}${SEPARATOR}${organizationId}`;
}

/**
 * Returns the organization of a code, refresh token or access token, also with client credentials, or `null` if it has none.
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

/** Returns the organization of a grant, from its ID. */
export function organizationOfGrant(grantId: string): string | null {
  const at = grantId.indexOf(SEPARATOR);
  return at < 0 ? null : grantId.slice(at + 1);
}

export type OrganizationClaims = { org_id?: string; org_name?: string };

/** Returns the claims about an organization. They include its name only if the tenant allows names. */
export async function organizationClaims(
  db: Db,
  organizationId: string | null,
): Promise<OrganizationClaims> {
  if (organizationId === null) return {};
  if (!(await organizationNamesAllowed(db))) return { org_id: organizationId };
  const organization = await findOrganization(db, organizationId);
  return { org_id: organizationId, ...(organization && { org_name: organization.name }) };
}

/** Returns the {@link organizationClaims} of an access token when it was issued. */
export function claimsInToken(token: { extra?: Record<string, unknown> }): OrganizationClaims {
  const { org_id: id, org_name: name } = token.extra ?? {};
  return {
    ...(typeof id === 'string' && { org_id: id }),
    ...(typeof name === 'string' && { org_name: name }),
  };
}

/** Returns whether applications can use an organization's name instead of its ID, and read the name in tokens. */
export async function organizationNamesAllowed(db: Db): Promise<boolean> {
  const { extra } = await tenantSettings(db);
  return extra.allow_organization_name_in_authentication_api === true;
}

/** Returns an organization by its ID, or by its name if names are allowed, or `null` if there is none. */
export async function organizationCalled(db: Db, wanted: string): Promise<Organization | null> {
  // PostgreSQL text cannot contain NUL, so there is no such organization.
  if (wanted.includes('\0')) return null;
  const byId = await findOrganization(db, wanted);
  if (byId !== null || !(await organizationNamesAllowed(db))) return byId;
  return findOrganizationByName(db, wanted.toLowerCase());
}

/** Returns the organization of a request if the client allows one, or Auth0's text for what is wrong. */
export async function organizationAllowed(
  db: Db,
  { usage }: Pick<OrganizationRules, 'usage'>,
  wanted: string,
): Promise<Organization | string> {
  if (usage === 'deny') return 'parameter organization is not allowed for this client';
  return (await organizationCalled(db, wanted)) ?? 'parameter organization is invalid';
}

export const CONNECTION_NOT_ENABLED = 'the connection is not enabled for the organization';

/** Returns whether the organization has a connection of this name enabled. */
export async function isConnectionOfOrganization(
  db: Db,
  organizationId: string,
  name: string,
): Promise<boolean> {
  const connection = await findConnectionByName(db, name);
  const page = { organizationId, offset: 0, limit: 1000 };
  const { connections } = await listEnabledConnections(db, page);
  return connections.some((candidate) => candidate.connectionId === connection?.id);
}

/** Returns the organization of a request to /authorize, which was validated before. */
export function organizationIn(ctx: KoaContextWithOIDC): string | null {
  const wanted = ctx.oidc.params?.organization;
  return typeof wanted === 'string' && wanted !== '' ? wanted : null;
}
