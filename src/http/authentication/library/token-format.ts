import type { AccessToken, ClientCredentials, JWTStructured } from 'oidc-provider';
import type { Db } from '../../../platform/db/db.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import type { ResourceServer } from '../../../records/resource-servers/resource-servers.ts';
import { permissionsOfUser } from '../../../records/roles/roles.ts';
import type { Catalog } from '../clients/clients.ts';
import { grantTypeClaim } from '../grants/grants.ts';
import { claimsInToken, OIDC_SCOPES, organizationOf, rolesClaim } from '../tokens/tokens.ts';

type TokenFormatDeps = { db: Db; catalog: Catalog; issuer: string };

/**
 * Gives a JWT access token the claims that APIs of this wire expect: `azp` for the client, `gty` and a subject of its
 * own for an application, /userinfo as a second audience for a user who logged in with `openid`; or those of RFC 9068 where the
 * API asks for them. Where the API enforces policies a user's scopes are limited, here and in the answer, to what that user may
 * do now, and `permissions` says all of it.
 */
export async function shapeAccessToken(
  { db, catalog, issuer }: TokenFormatDeps,
  token: AccessToken | ClientCredentials,
  parts: JWTStructured,
): Promise<void> {
  const { aud, iat, exp, jti } = parts.payload;
  const server = typeof aud === 'string' ? await catalog.resourceServer(aud) : null;
  const permissions = await permissionsIn(db, token, server);
  const forItself = token.kind === 'ClientCredentials';
  const common = {
    iss: issuer,
    sub: forItself ? `${token.clientId}@clients` : parts.payload.sub,
    // Whoever knows an API's secret could make such tokens, so they count at that API alone.
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

/** Where such a token counts here, it ends with the person's sessions. */
async function boundToLogin(db: Db, { accountId }: AccessToken): Promise<Record<string, number>> {
  return { [loginEpoch.claim]: await loginEpoch.ofThisRequest(db, accountId) };
}

/** What the token's subject may do at the API; takes from the token the scopes beyond it. */
async function permissionsIn(
  db: Db,
  token: AccessToken | ClientCredentials,
  server: ResourceServer | null,
): Promise<string[]> {
  if (server?.settings.enforcePolicies !== true) return [];
  // What an application may do for itself its grant has settled.
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
