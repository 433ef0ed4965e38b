import { randomBytes } from 'node:crypto';
import { type Login, type Person, type StandIn, startStandIn } from './stand-in.ts';
import {
  type Client,
  createCodes,
  PROVIDER_CLIENT,
  signIdToken,
  signingKey,
  tokenError,
} from './tokens.ts';

export type OpenIdStandIn = StandIn & {
  client: Client;
  issuer: string;
  /** Makes an ID token of its claims. Tests of hostile providers replace it. */
  makeIdToken: (claims: Record<string, unknown>, login: Login) => Promise<string>;
  /** Changes the document at `/.well-known/openid-configuration`. */
  metadata: Record<string, unknown>;
  /** The keys that it publishes. */
  keys: Record<string, unknown>[];
};

export type OpenIdOptions = {
  /** Default: the address. */
  issuer?: string;
  origins?: string[];
  people?: Person[];
  client?: Client;
  /** Paths of the endpoints, or other addresses, that go into the document. */
  paths?: Partial<Record<'authorize' | 'token' | 'userinfo' | 'jwks' | 'discovery', string>>;
  /** The addresses of the document. Default: the paths, at its own address. */
  metadata?: Record<string, unknown>;
  /** Fields of the answer beside those of OpenID Connect. */
  answer?(login: Login): Record<string, string>;
  /** The claims of the ID token. Default: all that are known about the person. */
  claims?(login: Login): Record<string, unknown>;
  /** Checks the client's proof. */
  check?(id: string, secret: string): boolean;
  isNonceLess?: boolean;
  hasUserinfo?: boolean;
};

/** A person whom a test can use at any OpenID provider. */
export const ADA: Person = {
  sub: 'ada-0001',
  name: 'Ada Lovelace',
  given_name: 'Ada',
  family_name: 'Lovelace',
  email: 'ada@example.com',
  email_verified: true,
  picture: 'https://images.example.com/ada.png',
};

/** Starts a provider that speaks OpenID Connect Core 1.0, with code, `id_token`, `query` and `form_post`. */
export async function startOpenIdStandIn(options: OpenIdOptions = {}): Promise<OpenIdStandIn> {
  const { client = PROVIDER_CLIENT, people = [ADA], hasUserinfo = true } = options;
  const paths = {
    authorize: '/authorize',
    token: '/token',
    userinfo: '/userinfo',
    jwks: '/jwks',
    discovery: '/.well-known/openid-configuration',
    ...options.paths,
  };
  const check =
    options.check ?? ((id, secret) => id === client.clientId && secret === client.clientSecret);
  const codes = createCodes();

  async function idTokenOf(login: Login): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { nonce, client_id: audience } = login.params;
    const claims = {
      iss: full.issuer,
      aud: audience,
      iat: now,
      exp: now + 600,
      ...(nonce !== undefined && !options.isNonceLess && { nonce }),
      ...(options.claims?.(login) ?? login.person),
    };
    return full.makeIdToken(claims, login);
  }

  const standIn = await startStandIn({
    authorizePath: paths.authorize,
    origins: options.origins ?? [],
    people,
    denial: { error: 'access_denied', error_description: 'The person has canceled.' },
    async answer(login) {
      const more = options.answer?.(login) ?? {};
      return login.params.response_type === 'id_token'
        ? { ...more, id_token: await idTokenOf(login) }
        : { ...more, code: codes.codeFor(login) };
    },
    async route(asked) {
      if (asked.path === paths.discovery) return { body: full.metadata };
      if (asked.path === paths.jwks) return { body: { keys: full.keys } };
      if (hasUserinfo && asked.path === paths.userinfo) {
        const person = codes.personOf(asked);
        return person ? { body: person } : { status: 401 };
      }
      if (asked.path !== paths.token || asked.method !== 'POST') return undefined;
      const login = codes.take(asked, check);
      if (typeof login === 'string')
        return tokenError(login, login === 'invalid_client' ? 401 : 400);
      return {
        body: {
          access_token: codes.accessTokenFor(login.person),
          refresh_token: `refresh-${randomBytes(8).toString('hex')}`,
          token_type: 'Bearer',
          expires_in: 3600,
          scope: login.params.scope,
          id_token: await idTokenOf(login),
        },
      };
    },
  });
  const { url } = standIn;
  const issuer = options.issuer ?? url;
  const { jwk } = await signingKey();
  const full: OpenIdStandIn = Object.assign(standIn, {
    client,
    issuer,
    makeIdToken: signIdToken,
    keys: [{ ...jwk }],
    metadata: {
      issuer,
      authorization_endpoint: `${url}${paths.authorize}`,
      token_endpoint: `${url}${paths.token}`,
      jwks_uri: `${url}${paths.jwks}`,
      ...(hasUserinfo && { userinfo_endpoint: `${url}${paths.userinfo}` }),
      response_types_supported: ['code', 'id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      ...options.metadata,
    },
  });
  return full;
}
