import type {
  AccessToken,
  ClientCredentials,
  JWTStructured,
  KoaContextWithOIDC,
} from 'oidc-provider';
import type { Db } from '../../../platform/db/db.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import type { ResourceServer } from '../../../records/resource-servers/resource-servers.ts';
import { permissionsOfUser } from '../../../records/roles/roles.ts';
import type { Catalog } from '../clients/clients.ts';
import { grantTypeClaim } from '../grants/grants.ts';
import {
  claimsInToken,
  effectsOf,
  OIDC_SCOPES,
  organizationOf,
  rolesClaim,
} from '../tokens/tokens.ts';

type TokenFormatDeps = { db: Db; catalog: Catalog; issuer: string };

/**
 * Sets the claims of a JWT access token as Auth0's APIs expect: `azp` for the client, `gty` and an own subject for an application,
 * /userinfo as a second audience for a user with `openid`. An API can ask for the claims of RFC 9068 instead. If the API enforces policies,
 * the scopes of the token and of the answer are limited to the user's current permissions, and `permissions` lists them.
 */
export async function shapeAccessToken(
  { db, catalog, issuer }: TokenFormatDeps,
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
  parts: JWTStructured,
): Promise<void> {
  const { aud, iat, exp, jti } = parts.payload;
  const server = typeof aud === 'string' ? await catalog.resourceServer(aud) : null;
  const permissions = await permissionsIn(db, token, server);
  const forItself = token.kind === 'ClientCredentials';
  const common = {
    ...effectsOf(ctx)?.accessToken,
    iss: issuer,
    sub: forItself ? `${token.clientId}@clients` : parts.payload.sub,
    // The owner of an API's secret could create such tokens, so they are only valid at that API.
    aud:
      token.scopes.has('openid') && !forItself && server?.settings.signingAlg !== 'HS256'
        ? [aud, `${issuer}userinfo`]
        : aud,
    iat,
    exp,
    ...(token.scope && { scope: token.scope }),
    ...claimsInToken(token),
    ...(token.kind === 'AccessToken' && (await boundToLogin(db, token))),
    ...(!forItself &&
      (await rolesClaim(db, server?.settings.rolesClaim, {
        userId: token.accountId,
        organizationId: organizationOf(token),
      }))),
  };
  const { enforcePolicies, tokenDialect = 'access_token' } = server?.settings ?? {};
  const said = enforcePolicies === true && tokenDialect.endsWith('_authz') && { permissions };
  if (tokenDialect.startsWith('rfc9068_profile')) {
    parts.header = { typ: 'at+jwt' };
    parts.payload = { ...common, jti, client_id: token.clientId, ...said };
    return;
  }
  parts.header = { typ: 'JWT' };
  parts.payload = {
    ...common,
    azp: token.clientId,
    ...(forItself ? { gty: 'client-credentials' } : grantTypeClaim(token.gty)),
    ...said,
  };
}

/** Binds a token that is valid at this server to the user's sessions. */
async function boundToLogin(db: Db, { accountId }: AccessToken): Promise<Record<string, number>> {
  return { [loginEpoch.claim]: await loginEpoch.ofThisRequest(db, accountId) };
}

/** Returns the permissions of the token's subject at the API, and removes other scopes from the token. */
async function permissionsIn(
  db: Db,
  token: AccessToken | ClientCredentials,
  server: ResourceServer | null,
): Promise<string[]> {
  if (server?.settings.enforcePolicies !== true) return [];
  // A client grant has already limited an application's own scopes.
  if (token.kind === 'ClientCredentials') return [...token.scopes];
  const permissions = await permissionsOfUser(db, {
    userId: token.accountId,
    audience: server.identifier,
    organizationId: organizationOf(token),
  });
  const kept = new Set([...OIDC_SCOPES, ...permissions]);
  token.scope = [...token.scopes].filter((scope) => kept.has(scope)).join(' ');
  return permissions;
}
