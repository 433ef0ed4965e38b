import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { notPartOf } from '../../../flows/enter-organization/enter-organization.ts';
import type { Db } from '../../../platform/db/db.ts';
import type { Client } from '../../../records/clients/clients.ts';
import { clientGrantIds } from '../../../records/organizations/organizations.ts';
import type { User } from '../../../records/users/users.ts';
import { standingIn } from '../../../steps/judge-standing/judge-standing.ts';
import type { Catalog } from '../clients/clients.ts';
import { oauthError } from '../oauth-error.ts';
import { type CredentialsDeps, runScriptsOfCredentials } from './credentials-scripts.ts';
import {
  type OrganizationClaims,
  organizationCalled,
  organizationClaims,
  organizationOf,
} from './organization-claims.ts';

/**
 * Checks that the user of a code or refresh token can still log in to its organization.
 * @throws the OAuth error 403 access_denied if not
 */
export async function requireMember(db: Db, organizationId: string, user: User): Promise<void> {
  const { kind } = await standingIn(db, { organizationId, user });
  if (kind === 'member') return;
  throw oauthError(403, 'access_denied', notPartOf(user.id, organizationId));
}

/** Returns the function for the claims of a new access token. With client credentials, `organization` of the request counts. */
export function tokenClaims(deps: CredentialsDeps & { catalog: Catalog }) {
  const { db } = deps;
  return async (
    ctx: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
  ): Promise<OrganizationClaims | undefined> => {
    const claims =
      token.kind === 'ClientCredentials'
        ? await forItself(deps, ctx, token)
        : await organizationClaims(db, organizationOf(token));
    return Object.keys(claims).length > 0 ? claims : undefined;
  };
}

/** Returns the claims about the organization of an application's own token, after its scripts have run. */
async function forItself(
  deps: CredentialsDeps & { catalog: Catalog },
  ctx: KoaContextWithOIDC,
  token: ClientCredentials,
): Promise<OrganizationClaims> {
  const claims = await organizationOfApplication(deps, ctx, token);
  await runScriptsOfCredentials(deps, ctx, { token, organizationId: claims.org_id ?? null });
  return claims;
}

async function organizationOfApplication(
  { db, catalog }: { db: Db; catalog: Catalog },
  ctx: KoaContextWithOIDC,
  token: ClientCredentials,
): Promise<OrganizationClaims> {
  const { clientId = '', aud } = token;
  const audience = typeof aud === 'string' ? aud : '';
  const grant = await catalog.clientGrant(clientId, audience, 'client');
  const usage = grant?.settings.organization_usage ?? 'deny';
  const named: unknown = ctx.oidc.body?.organization;
  const wanted =
    named === undefined && usage !== 'deny' ? defaultOf(await catalog.client(clientId)) : named;
  if (typeof wanted !== 'string' || wanted === '') {
    if (usage !== 'require') return {};
    throw oauthError(400, 'invalid_request', 'parameter organization is required for this client');
  }
  if (grant === null || usage === 'deny') {
    throw oauthError(
      400,
      'invalid_request',
      'parameter organization is not allowed for this client',
    );
  }
  const organization = await organizationCalled(db, wanted);
  if (organization === null) {
    throw oauthError(400, 'invalid_request', 'parameter organization is invalid');
  }
  if (grant.settings.allow_any_organization !== true) {
    const granted = await clientGrantIds(db, organization.id);
    if (!granted.includes(grant.id)) {
      throw oauthError(
        403,
        'access_denied',
        `Client is not authorized to access "${audience}" for the organization ${organization.id}.`,
      );
    }
  }
  return organizationClaims(db, organization.id);
}

/** Returns the default organization of a client's own tokens. */
function defaultOf(client: Client | null): unknown {
  const { default_organization: chosen } = client?.settings.extra ?? {};
  if (typeof chosen !== 'object' || chosen === null || !('organization_id' in chosen)) return;
  return chosen.organization_id;
}
