import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Catalog } from './catalog.ts';
import { OIDC_SCOPES } from './claims.ts';

const DEFAULT_LIFETIME = 86_400;
const PREFIX = 'urn:usher:audience:';

/** An audience is any string; the library's resource indicators must be absolute URIs (RFC 8707). */
export function toResource(audience: string): string {
  return URL.canParse(audience) && !audience.includes('#')
    ? audience
    : PREFIX + encodeURIComponent(audience);
}

export function toAudience(resource: string): string {
  if (!resource.startsWith(PREFIX)) return resource;
  try {
    return decodeURIComponent(resource.slice(PREFIX.length));
  } catch {
    return resource;
  }
}

/** OAuth errors in the words that clients of this wire know. */
export function refused(status: number, error: string, description: string) {
  const refusal = new errors.CustomOIDCProviderError(error, description);
  refusal.status = status;
  refusal.statusCode = status;
  return refusal;
}

/**
 * What the library must know about an API for this request: an application that asks for itself gets the scopes of its
 * grant; a user's token may carry any scope of the API that was asked for, but none of our own management API.
 */
export async function resourceServerFor(
  catalog: Catalog,
  ctx: KoaContextWithOIDC,
  resource: string,
  clientId: string,
): Promise<ResourceServer> {
  const audience = toAudience(resource);
  const server = await catalog.resourceServer(audience);
  const forItself = ctx.oidc.params?.grant_type === 'client_credentials';
  if (server === null || server.identifier !== audience) {
    throw forItself
      ? refused(403, 'access_denied', `Service not enabled within domain: ${audience}`)
      : refused(400, 'access_denied', `Service not found: ${audience}`);
  }
  const common = {
    audience,
    accessTokenTTL: server.settings.tokenLifetime ?? DEFAULT_LIFETIME,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  } as const;
  if (!forItself) {
    const ofApi = server.isSystem ? [] : server.scopes.map((scope) => scope.value);
    const ofLogin =
      server.settings.allowOfflineAccess === false
        ? OIDC_SCOPES.filter((scope) => scope !== 'offline_access')
        : OIDC_SCOPES;
    return { ...common, scope: [...ofLogin, ...ofApi].join(' ') };
  }
  const grant = await catalog.clientGrant(clientId, audience);
  if (grant === null) {
    throw refused(
      403,
      'access_denied',
      `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
    );
  }
  const scope = grant.scope.join(' ');
  if (ctx.oidc.params && ctx.oidc.params.scope === undefined) ctx.oidc.params.scope = scope;
  return { ...common, scope };
}
