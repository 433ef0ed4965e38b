import { beforeAll, expect, test } from 'vitest';
import { type OpenIdServer, startOpenIdServer } from '../harness/providers/openid-server.ts';
import { ADA } from '../harness/providers/openid-stand-in.ts';
import {
  aProvider,
  CALLBACK,
  identityOf,
  logInAt,
  socialWith,
} from '../harness/providers/social-login.ts';

/** A place in a text of `attribute_map`. */
const place = (name: string) => `\${context.${name}}`;
const GROUPS = ['engineers', 'mathematicians'];
const ada = { ...ADA, groups: GROUPS };
let server: OpenIdServer;
let strict: OpenIdServer;

beforeAll(async () => {
  const common = { people: [ada], redirectUris: [CALLBACK] };
  server = await startOpenIdServer(common);
  strict = await startOpenIdServer({
    ...common,
    more: { pkce: { required: () => true } },
    client: { token_endpoint_auth_method: 'client_secret_basic' },
  });
});

const backChannel = (options: Record<string, unknown> = {}) =>
  aProvider('oidc', {
    type: 'back_channel',
    discovery_url: `${server.url}/.well-known/openid-configuration`,
    ...options,
  });

test('a person logs in at a real OpenID provider', async () => {
  const { asked, begun, outcome } = await logInAt(socialWith([]), backChannel(), server);
  expect(begun.responseMode).toBe('query');
  expect(asked).toMatchObject({
    scope: 'openid profile email',
    code_challenge_method: 'S256',
    nonce: begun.nonce,
  });
  expect(identityOf(outcome)).toMatchObject({
    issuer: server.url,
    subject: ADA.sub,
    userIdPart: `acme|${ADA.sub}`,
    email: ADA.email,
    profile: {
      name: 'Ada Lovelace',
      givenName: 'Ada',
      familyName: 'Lovelace',
      picture: ADA.picture,
    },
    // The library gives the profile at userinfo only.
    claims: { iss: server.url, name: 'Ada Lovelace', email_verified: true },
    tokens: { accessToken: expect.any(String), idToken: expect.stringMatching(/^ey/) },
  });
});

test('without a back channel the ID token arrives in a form, and no secret is needed', async () => {
  const provider = aProvider('oidc', { issuer: server.url, client_secret: undefined });
  const { asked, begun, outcome } = await logInAt(socialWith([]), provider, server);
  expect(begun).toMatchObject({ responseMode: 'form_post', verifier: null });
  expect(asked).toMatchObject({
    response_type: 'id_token',
    response_mode: 'form_post',
    nonce: expect.any(String),
  });
  expect(identityOf(outcome)).toMatchObject({
    issuer: server.url,
    subject: ADA.sub,
    email: ADA.email,
    tokens: { accessToken: null, refreshToken: null, idToken: expect.stringMatching(/^ey/) },
  });
});

test('a provider that demands PKCE and its own client authentication gets them', async () => {
  const of = (options: Record<string, unknown>) =>
    backChannel({ discovery_url: undefined, issuer: strict.url, ...options });
  const basic = { token_endpoint_auth_method: 'client_secret_basic' };
  expect((await logInAt(socialWith([]), of(basic), strict)).outcome.kind).toBe('proved');
  const without = of({ ...basic, connection_settings: { pkce: 'disabled' } });
  const { begun, outcome } = await logInAt(socialWith([]), without, strict);
  expect([begun.verifier, outcome.kind]).toEqual([null, 'denied']);
});

test('endpoints can be written down instead of a document', async () => {
  const { url } = server;
  const provider = backChannel({
    discovery_url: undefined,
    issuer: url,
    authorization_endpoint: `${url}/auth`,
    token_endpoint: `${url}/token`,
    userinfo_endpoint: `${url}/me`,
    jwks_uri: `${url}/jwks`,
  });
  expect(identityOf((await logInAt(socialWith([]), provider, server)).outcome).email).toBe(
    ADA.email,
  );
});

test('more scopes are asked for, and parameters of the protocol cannot be replaced', async () => {
  const { asked, outcome } = await logInAt(
    socialWith([]),
    backChannel({ scope: 'openid email' }),
    server,
    {
      scopes: ['groups', 'email'],
      params: {
        state: 'mine',
        client_id: 'mine',
        redirect_uri: 'https://evil.example/',
        ui_locales: 'de',
      },
    },
  );
  expect(asked).toMatchObject({
    scope: 'openid email groups',
    redirect_uri: CALLBACK,
    ui_locales: 'de',
  });
  expect(asked.state).not.toBe('mine');
  expect(identityOf(outcome).claims.groups).toEqual(GROUPS);
});

test('attributes are mapped as the connection says', async () => {
  const attributes = {
    name: `${place('userinfo.family_name')}, ${place('userinfo.given_name')}`,
    email: place('userinfo.email'),
    email_verified: place('userinfo.email_verified'),
    department: 'Analysis',
    groups: place('userinfo.groups'),
    nothing: place('tokenset.nothing'),
    proto: place('userinfo.__proto__'),
  };
  const options = { scope: 'openid email profile groups', domain_aliases: ['example.com'] };
  const map = (mode: string) =>
    backChannel({ ...options, attribute_map: { mapping_mode: mode, attributes } });
  const only = identityOf((await logInAt(socialWith([]), map('use_map'), server)).outcome);
  expect(only.claims).toEqual({
    name: 'Lovelace, Ada',
    email: ADA.email,
    email_verified: true,
    department: 'Analysis',
    groups: GROUPS,
  });
  expect(only).toMatchObject({
    subject: ADA.sub,
    emailVerified: true,
    profile: { name: 'Lovelace, Ada', picture: null },
  });
  const all = identityOf((await logInAt(socialWith([]), map('bind_all'), server)).outcome);
  expect(all.claims).toMatchObject({ sub: ADA.sub, department: 'Analysis', picture: ADA.picture });
});

test('an address counts as verified only in the domains of the connection', async () => {
  const judged = async (options: Record<string, unknown>) => {
    const { outcome } = await logInAt(socialWith([]), backChannel(options), server);
    const { emailVerified, isAuthoritative } = identityOf(outcome);
    return [emailVerified, isAuthoritative];
  };
  expect(await judged({ domain_aliases: ['acme.test', 'Example.COM'] })).toEqual([true, true]);
  expect(await judged({ tenant_domain: 'example.com' })).toEqual([true, true]);
  expect(await judged({ domain_aliases: ['acme.test'] })).toEqual([false, false]);
  expect(await judged({ domain_aliases: ['le.com', 'ple.com', 'com'] })).toEqual([false, false]);
  expect(await judged({})).toEqual([false, false]);
});

test('a person who cancels at the provider is no failure', async () => {
  const { outcome } = await logInAt(socialWith([]), backChannel(), server, { person: null });
  expect(outcome).toMatchObject({ kind: 'denied', error: 'access_denied' });
});
