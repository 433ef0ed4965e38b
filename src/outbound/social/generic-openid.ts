import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  None,
  type ServerMetadata,
} from 'openid-client';
import { mapAttributes } from './attribute-map.ts';
import { emailOf, isYes, profileOf, subjectOf } from './claims.ts';
import type { Client, Server } from './configurations.ts';
import { Unproved } from './failures.ts';
import { type Pkce, type Rules, strategyFrom } from './openid.ts';
import { isInBoundDomain, listOption, objectOption, textOption } from './option-values.ts';
import type { Provider } from './provider.ts';

const WELL_KNOWN = '/.well-known/openid-configuration';

/** The rules of any OpenID provider: strategy `oidc`, with the options of Auth0. */
export const GENERIC: Rules = {
  server: ({ options }) => serverOf(options),
  client: clientOf,
  scopes: ({ options }) => openIdScopes(options),
  responseType: ({ options }) => (options.type === 'back_channel' ? 'code' : 'id_token'),
  responseMode: ({ options }) => (options.type === 'back_channel' ? 'query' : 'form_post'),
  pkce: ({ options }, server) => pkceOf(options, server),
  // Without a nonce, PKCE ties the answer to this browser.
  hasNonce: ({ options }) =>
    options.type !== 'back_channel' ||
    options.send_back_channel_nonce !== false ||
    objectOption(options, 'connection_settings').pkce === 'disabled',
  async identity({ provider, idToken, userinfo }) {
    const tokenset = idToken ?? {};
    const claims = mapAttributes(provider, { tokenset, userinfo: await userinfo() });
    const subject = subjectOf(tokenset.sub);
    const email = emailOf(claims.email);
    const isTrusted =
      email !== null && isYes(claims.email_verified) && isInBoundDomain(provider, email);
    return {
      issuer: String(tokenset.iss),
      subject,
      userIdPart: `${provider.connectionName}|${subject}`,
      email,
      emailVerified: isTrusted,
      isAuthoritative: isTrusted,
      profile: profileOf(claims),
      claims,
    };
  },
};

export const oidc = strategyFrom(GENERIC);

/** Returns the scopes of the connection, always with `openid`. */
export function openIdScopes(options: Provider['options']): string[] {
  const scopes = listOption(options, 'scope');
  return scopes.length === 0 ? ['openid', 'profile', 'email'] : [...new Set(['openid', ...scopes])];
}

/** Returns the client of a connection, which proves itself with its secret as the provider wants it. */
export function clientOf({ options }: Provider): Client {
  const id = textOption(options, 'client_id');
  if (id === null) throw new Unproved('The connection has no client_id.');
  return { id, metadata: {}, auth: authOf(options) };
}

function authOf(options: Provider['options']): ClientAuth {
  const secret = textOption(options, 'client_secret');
  if (secret === null) return None();
  const [post, basic] = [ClientSecretPost(secret), ClientSecretBasic(secret)];
  return (server, client, body, headers) => {
    const wanted = textOption(options, 'token_endpoint_auth_method');
    const offered = server.token_endpoint_auth_methods_supported;
    const isBasic =
      wanted === 'client_secret_basic' ||
      (wanted === null && offered !== undefined && !offered.includes('client_secret_post'));
    return (isBasic ? basic : post)(server, client, body, headers);
  };
}

function serverOf(options: Provider['options']): Server {
  const issuer = textOption(options, 'issuer');
  const discovery = textOption(options, 'discovery_url');
  if (discovery !== null) {
    const url = discovery.includes('/.well-known/') ? discovery : `${bare(discovery)}${WELL_KNOWN}`;
    const base = url.slice(0, url.indexOf('/.well-known/'));
    // The path of the document leaves out a slash at the end of the issuer (OpenID Connect Discovery 1.0 §4.1).
    return { kind: 'discovered', url, issuers: issuer === null ? [base, `${base}/`] : [issuer] };
  }
  if (issuer === null) throw new Unproved('The connection has neither discovery_url nor issuer.');
  const fixed = fixedMetadata(options, issuer);
  return fixed === null
    ? { kind: 'discovered', url: `${bare(issuer)}${WELL_KNOWN}`, issuers: [issuer] }
    : { kind: 'fixed', metadata: fixed };
}

/** Returns a description from the connection's own options, if they have what a login needs. */
function fixedMetadata(options: Provider['options'], issuer: string): ServerMetadata | null {
  const authorization = textOption(options, 'authorization_endpoint');
  const jwks = textOption(options, 'jwks_uri');
  const token = textOption(options, 'token_endpoint');
  const userinfo = textOption(options, 'userinfo_endpoint');
  if (authorization === null || jwks === null) return null;
  if (token === null && options.type === 'back_channel') return null;
  return {
    issuer,
    authorization_endpoint: authorization,
    jwks_uri: jwks,
    ...(token !== null && { token_endpoint: token }),
    ...(userinfo !== null && { userinfo_endpoint: userinfo }),
  };
}

/** By default S256, also for servers that do not announce it: those that do not know it ignore it (RFC 6749 §3.1). */
function pkceOf(options: Provider['options'], server: Readonly<ServerMetadata>): Pkce {
  switch (objectOption(options, 'connection_settings').pkce) {
    case 'disabled':
      return 'none';
    case 'plain':
      return 'plain';
    case 'S256':
      return 'S256';
    default: {
      const offered = server.code_challenge_methods_supported;
      return offered === undefined || offered.includes('S256') ? 'S256' : 'plain';
    }
  }
}

function bare(url: string): string {
  return url.replace(/\/+$/, '');
}
