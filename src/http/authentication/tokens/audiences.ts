import { createSecretKey } from 'node:crypto';
import type { KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import type { ClientGrant } from '../../../records/client-grants/client-grants.ts';
import {
  type ResourceServer as Api,
  signingSecretOf,
} from '../../../records/resource-servers/resource-servers.ts';
import { type Catalog, tokenAlg } from '../clients/clients.ts';
import { oauthError } from '../oauth-error.ts';
import { OIDC_SCOPES } from './claims.ts';
import { MFA_SCOPES, mfaAudience } from './mfa-subject.ts';

/** Returns the API for managing one's own second factors. Only first-party applications can use it, for users. */
function overOwnFactors(audience: string): ResourceServer {
  return {
    audience,
    accessTokenTTL: MFA_TOKEN_SECONDS,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
    scope: [
      ...OIDC_SCOPES.filter((candidate) => candidate !== 'offline_access'),
      ...MFA_SCOPES,
    ].join(' '),
  };
}

const MFA_TOKEN_SECONDS = 600;
const DEFAULT_LIFETIME = 86_400;
const PREFIX = 'urn:usher:audience:';

/** Encodes an audience, which can be any string, as an absolute URI, which the library needs as resource indicator (RFC 8707). */
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

/** Returns whether a request to /authorize includes the API for one's own second factors. */
export function isOverFactors(resource: unknown, issuer: string): boolean {
  const wanted = (Array.isArray(resource) ? resource : [resource]).filter(
    (candidate) => typeof candidate === 'string',
  );
  return wanted.some((candidate) => toAudience(candidate) === mfaAudience(issuer));
}

/**
 * Returns the library's record of an API for this request. With client credentials, an application gets the scopes of its grant. A user's
 * token can have any requested scope of the API, or those of the application's grant if the API requires one, but none of our management
 * API.
 */
export async function resourceServerFor(
  { catalog, encryptionKey }: { catalog: Catalog; encryptionKey: Buffer },
  ctx: KoaContextWithOIDC,
  resource: string,
  clientId: string,
): Promise<ResourceServer> {
  const audience = toAudience(resource);
  const { issuer } = ctx.oidc.provider;
  const { grant_type: grantType } = ctx.oidc.params ?? {};
  const forItself = grantType === 'client_credentials';
  if (audience === mfaAudience(issuer)) {
    const ours = (await catalog.client(clientId))?.settings.isFirstParty === true;
    // Such tokens need a recent second factor, so they only come from logins.
    if (forItself || !ours || grantType === 'refresh_token') throw notForIt(audience);
    return overOwnFactors(audience);
  }
  const server = await catalog.resourceServer(audience);
  if (server === null || server.identifier !== audience) {
    throw forItself
      ? oauthError(403, 'access_denied', `Service not enabled within domain: ${audience}`)
      : oauthError(400, 'access_denied', `Service not found: ${audience}`);
  }
  const { tokenLifetime = DEFAULT_LIFETIME, tokenLifetimeForWeb = tokenLifetime } = server.settings;
  const common = {
    audience,
    // A token in the browser's address has a shorter lifetime.
    accessTokenTTL: ctx.oidc.route === 'token' ? tokenLifetime : tokenLifetimeForWeb,
    accessTokenFormat: 'jwt',
    jwt: { sign: signatureOf(server, encryptionKey) },
  } as const;
  if (!forItself) {
    const ofApi = await scopesForPeople(catalog, server, clientId);
    const ofLogin =
      server.settings.allowOfflineAccess === false
        ? OIDC_SCOPES.filter((scope) => scope !== 'offline_access')
        : OIDC_SCOPES;
    return { ...common, scope: [...ofLogin, ...ofApi].join(' ') };
  }
  const scope = (await scopesForItself(catalog, server, clientId)).join(' ');
  if (ctx.oidc.params && ctx.oidc.params.scope === undefined) ctx.oidc.params.scope = scope;
  return { ...common, scope };
}

/** Returns the signature of an API's tokens: our key, or the API's secret. The management API accepts only one algorithm. */
function signatureOf(server: Api, encryptionKey: Buffer) {
  const secret = server.isSystem ? null : signingSecretOf(server, encryptionKey);
  if (secret !== null) return { alg: 'HS256' as const, key: createSecretKey(secret, 'utf8') };
  return { alg: server.isSystem ? ('RS256' as const) : tokenAlg(server.settings.signingAlg) };
}

async function scopesForPeople(catalog: Catalog, server: Api, clientId: string) {
  const policy = server.settings.subjectTypeAuthorization?.user?.policy ?? 'allow_all';
  if (server.isSystem) return scopesOverOneself(catalog, clientId);
  if (policy === 'allow_all') return server.scopes.map((scope) => scope.value);
  const grant =
    policy === 'deny_all' ? null : await catalog.clientGrant(clientId, server.identifier, 'user');
  if (grant !== null) return grantedScopes(server, grant);
  throw oauthError(
    403,
    'access_denied',
    `Client "${clientId}" is not authorized to access resource server "${server.identifier}".`,
  );
}

/** Scopes of the management API for one's own account. Only for first-party applications, because others would need consent. */
const OVER_ONESELF = [
  'read:current_user',
  'update:current_user_metadata',
  'update:current_user_identities',
  'delete:current_user',
];

async function scopesOverOneself(catalog: Catalog, clientId: string): Promise<string[]> {
  const client = await catalog.client(clientId);
  return client?.settings.isFirstParty === true ? OVER_ONESELF : [];
}

async function scopesForItself(catalog: Catalog, server: Api, clientId: string) {
  const policy = server.settings.subjectTypeAuthorization?.client?.policy;
  const grant =
    policy === 'deny_all' ? null : await catalog.clientGrant(clientId, server.identifier, 'client');
  if (grant !== null) return grantedScopes(server, grant);
  throw notForIt(server.identifier);
}

function notForIt(audience: string) {
  return oauthError(
    403,
    'access_denied',
    `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
  );
}

/** Returns the scopes of a grant that the API still has. */
function grantedScopes(server: Api, grant: ClientGrant): string[] {
  const all = server.scopes.map((scope) => scope.value);
  if (grant.settings.allow_all_scopes === true) return all;
  return grant.scope.filter((scope) => all.includes(scope));
}
