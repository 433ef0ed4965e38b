import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { beginProviderLogin, finishProviderLogin } from '../../src/outbound/social/social.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import {
  ADA,
  type OpenIdStandIn,
  startOpenIdStandIn,
} from '../harness/providers/openid-stand-in.ts';
import {
  aProvider,
  CALLBACK,
  identityOf,
  logInAt,
  socialWith,
} from '../harness/providers/social-login.ts';
import { PROVIDER_CLIENT, signIdToken, signingKey } from '../harness/providers/tokens.ts';

type Claims = Record<string, unknown>;

let standIn: OpenIdStandIn;
let deps: ReturnType<typeof socialWith>;
let metadata: Claims;

beforeAll(async () => {
  standIn = await startOpenIdStandIn();
  metadata = { ...standIn.metadata };
});

beforeEach(async () => {
  deps = socialWith([]);
  standIn.makeIdToken = signIdToken;
  standIn.override = null;
  standIn.people = [ADA];
  standIn.metadata = { ...metadata };
  standIn.keys = [{ ...(await signingKey()).jwk }];
});

const back = (options: Claims = {}) =>
  aProvider('oidc', { type: 'back_channel', issuer: standIn.url, ...options });
const front = () => aProvider('oidc', { issuer: standIn.url });

/** Logs in with an ID token of the test's making, by the back channel and by the front channel. */
async function outcomesOf(make: (claims: Claims) => Promise<string>): Promise<string[]> {
  standIn.makeIdToken = make;
  const outcomes = [
    (await logInAt(deps, back(), standIn)).outcome,
    (await logInAt(deps, front(), standIn)).outcome,
  ];
  return outcomes.map((outcome) => outcome.kind);
}

const changed = (change: Claims) => (claims: Claims) => signIdToken({ ...claims, ...change });
const now = () => Math.floor(Date.now() / 1000);

test('an ID token as it should be is taken', async () => {
  expect(await outcomesOf(signIdToken)).toEqual(['proved', 'proved']);
});

test('clocks may differ by half a minute', async () => {
  expect(await outcomesOf(changed({ exp: now() - 10 }))).toEqual(['proved', 'proved']);
  expect(await outcomesOf(changed({ nbf: now() + 10 }))).toEqual(['proved', 'proved']);
});

test.for([
  ['of another issuer', { iss: 'https://evil.example' }],
  ['of an issuer that only looks the same', { iss: () => `${standIn.url}/` }],
  ['for another client', { aud: 'another-client' }],
  ['for several clients, made for another', { aud: [PROVIDER_CLIENT.clientId, 'b'], azp: 'b' }],
  ['with another nonce', { nonce: 'another' }],
  ['without a nonce', { nonce: undefined }],
  ['that has expired', { exp: () => now() - 120 }],
  ['without an end', { exp: undefined }],
  ['that is not valid yet', { nbf: () => now() + 600 }],
  ['without a subject', { sub: undefined }],
  ['with an empty subject', { sub: '' }],
  ['with a subject that is no text', { sub: { a: 1 } }],
  ['with a subject that is too long', { sub: 'x'.repeat(256) }],
  ['with a subject of other characters', { sub: 'adа' }],
  ['with a character that cannot be stored', { name: 'a\u0000b' }],
  ['with half a character', { name: '\ud800' }],
  ['that is huge', { padding: 'x'.repeat(100_000) }],
] as const)('an ID token %s proves nothing', async ([, change]) => {
  const values = Object.entries(change).map(([name, value]) => [
    name,
    typeof value === 'function' ? value() : value,
  ]);
  expect(await outcomesOf(changed(Object.fromEntries(values)))).toEqual(['failed', 'failed']);
});

test('an ID token proves nothing without the signature of the provider', async () => {
  const { privateKey: foreign } = await generateKeyPair('RS256');
  const { jwk } = await signingKey();
  const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const spki = await exportSPKI((await importJWK(jwk, 'RS256')) as CryptoKey);
  const signedWith =
    (key: CryptoKey | Uint8Array, header: { alg: string; kid?: string }) => (claims: Claims) =>
      new SignJWT(claims).setProtectedHeader(header).sign(key);
  const kid = jwk.kid ?? '';
  const secret = new TextEncoder().encode(PROVIDER_CLIENT.clientSecret);
  const forgeries = {
    none: async (claims: Claims) => new UnsecuredJWT(claims).encode(),
    foreign: signedWith(foreign, { alg: 'RS256', kid }),
    stripped: async (claims: Claims) => (await signIdToken(claims)).replace(/[^.]+$/, ''),
    publicKeyAsSecret: signedWith(new TextEncoder().encode(spki), { alg: 'HS256', kid }),
    publicKeyAsDer: signedWith(publicKey.export({ type: 'spki', format: 'der' }), {
      alg: 'HS256',
      kid,
    }),
    clientSecret: signedWith(secret, { alg: 'HS256' }),
  };
  for (const [name, forgery] of Object.entries(forgeries)) {
    expect(await outcomesOf(forgery), name).toEqual(['failed', 'failed']);
  }
  // Nor if the provider calls them its own.
  standIn.metadata.id_token_signing_alg_values_supported = ['none', 'HS256', 'RS256'];
  deps = socialWith([]);
  for (const [name, forgery] of Object.entries(forgeries)) {
    expect(await outcomesOf(forgery), name).toEqual(['failed', 'failed']);
  }
});

test('a connection can limit the algorithms', async () => {
  const limited = back({ id_token_signed_response_algs: ['ES256'] });
  expect((await logInAt(deps, limited, standIn)).outcome).toMatchObject({
    kind: 'failed',
    why: expect.stringContaining('RS256'),
  });
});

test('state, nonce, verifier and address must be those of this login', async () => {
  const kinds = async (change: Parameters<typeof logInAt>[3]) =>
    (await logInAt(deps, back(), standIn, change)).outcome.kind;
  expect(await kinds({ kept: { state: 'another' } })).toBe('failed');
  expect(await kinds({ answer: ({ state: _state, ...fields }) => fields })).toBe('failed');
  expect(await kinds({ kept: { nonce: 'another' } })).toBe('failed');
  expect(await kinds({ kept: { nonce: null } })).toBe('failed');
  expect(await kinds({ kept: { verifier: 'x'.repeat(43) } })).toBe('failed');
  expect(await kinds({ kept: { verifier: null } })).toBe('failed');
  expect(await kinds({ kept: { redirectUri: `${CALLBACK}/other` } })).toBe('failed');
  expect(await kinds({ answer: ({ code: _code, ...fields }) => fields })).toBe('failed');
  expect(await kinds({ answer: () => ({}) })).toBe('failed');
  expect(await kinds({ answer: ({ state = '' }) => ({ state, error: 'server_error' }) })).toBe(
    'unavailable',
  );
  // A denial counts only in the login that it is about.
  expect(await kinds({ person: null, kept: { state: 'another' } })).toBe('failed');
});

test('an answer is taken once', async () => {
  const { kept, outcome } = await logInAt(deps, back(), standIn);
  expect(outcome.kind).toBe('proved');
  expect((await finishProviderLogin(deps, back(), kept)).kind).toBe('failed');
});

test('the answer of another provider is refused (RFC 9207)', async () => {
  standIn.metadata.authorization_response_iss_parameter_supported = true;
  const kinds = async (iss: string | null) =>
    (
      await logInAt(deps, back(), standIn, {
        answer: (fields) => (iss === null ? fields : { ...fields, iss }),
      })
    ).outcome.kind;
  expect(await kinds(standIn.url)).toBe('proved');
  expect(await kinds('https://evil.example')).toBe('failed');
  expect(await kinds(null)).toBe('failed');
  // Also if this provider does not announce that it names itself.
  standIn.metadata.authorization_response_iss_parameter_supported = undefined;
  deps = socialWith([]);
  expect(await kinds('https://evil.example')).toBe('failed');
  expect(await kinds(null)).toBe('proved');
});

test('userinfo of another person is refused', async () => {
  standIn.override = ({ path }) =>
    path === '/userinfo' ? { body: { ...ADA, sub: 'victim' } } : undefined;
  expect((await logInAt(deps, back(), standIn)).outcome.kind).toBe('failed');
  standIn.override = ({ path }) =>
    path === '/userinfo' ? { body: { email: 'victim@example.com' } } : undefined;
  expect((await logInAt(deps, back(), standIn)).outcome.kind).toBe('failed');
});

test('userinfo adds to the ID token, and replaces nothing in it', async () => {
  standIn.override = ({ path }) =>
    path === '/userinfo'
      ? {
          body: {
            sub: ADA.sub,
            email: 'victim@example.com',
            iss: 'https://evil.example',
            phone_number: '+1',
          },
        }
      : undefined;
  const identity = identityOf((await logInAt(deps, back(), standIn)).outcome);
  expect(identity).toMatchObject({
    issuer: standIn.url,
    email: ADA.email,
    claims: { phone_number: '+1' },
  });
});

test.for([
  ['of another issuer', { issuer: 'https://accounts.google.com' }],
  ['of an issuer with a slash more', { issuer: () => `${standIn.url}//` }],
  ['without an issuer', { issuer: undefined }],
  ['that is huge', { padding: 'x'.repeat(2_000_000) }],
] as const)('a document %s is refused', async ([, change]) => {
  for (const [name, value] of Object.entries(change)) {
    standIn.metadata[name] = typeof value === 'function' ? value() : value;
  }
  await expect(logInAt(deps, back(), standIn)).rejects.toThrow(/did not begin/);
});

test.for([
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
])('%s in the own network of the server is not called', async (name) => {
  const called: string[] = [];
  const inside = createServer((request, response) => {
    called.push(String(request.url));
    response.end('{}');
  });
  const port = Number(new URL(standIn.url).port);
  await new Promise<void>((resolve) => inside.listen(port, '127.0.0.2', resolve));
  try {
    standIn.metadata[name] = `http://127.0.0.2:${port}/secret`;
    const { outcome } = await logInAt(deps, back(), standIn);
    expect(outcome).toEqual({ kind: 'unavailable', why: expect.stringContaining('EGRESS_ALLOW') });
    expect(called).toEqual([]);
  } finally {
    inside.close();
  }
});

test('the browser is sent to https addresses only, and to http where the operator allows it', async () => {
  for (const endpoint of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'http://in-the-clear.example/',
  ]) {
    standIn.metadata.authorization_endpoint = endpoint;
    deps = socialWith([]);
    await expect(logInAt(deps, back(), standIn), endpoint).rejects.toThrow(/did not begin/);
  }
});

test('unknown keys are looked up once a minute, so that a new one is found', async () => {
  expect((await logInAt(deps, back(), standIn)).outcome.kind).toBe('proved');
  const lookups = () => standIn.requests.filter(({ path }) => path === '/jwks').length;
  const before = lookups();
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  standIn.makeIdToken = (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'new' }).sign(privateKey);
  for (let login = 0; login < 3; login++) {
    expect((await logInAt(deps, back(), standIn)).outcome.kind).toBe('failed');
  }
  expect(lookups()).toBe(before);
  standIn.keys.push({ ...(await exportJWK(publicKey)), kid: 'new', alg: 'RS256' });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
  try {
    expect((await logInAt(deps, back(), standIn)).outcome.kind).toBe('proved');
    expect((await logInAt(deps, back(), standIn)).outcome.kind).toBe('proved');
  } finally {
    vi.useRealTimers();
  }
  expect(lookups()).toBe(before + 1);
});

test('the document is read once for many logins, and again after a failure', async () => {
  const reads = () => standIn.requests.filter(({ path }) => path.startsWith('/.well-known')).length;
  const before = reads();
  standIn.override = ({ path }) => (path.startsWith('/.well-known') ? { status: 503 } : undefined);
  await expect(logInAt(deps, back(), standIn)).rejects.toThrow('The provider answered 503.');
  standIn.override = null;
  await Promise.all(Array.from({ length: 5 }, () => logInAt(deps, back(), standIn)));
  await logInAt(deps, back(), standIn);
  expect(reads() - before).toBe(2);
});

test('a provider that does not describe itself for a while is known for a day', async () => {
  let now = new Date();
  deps = socialWith([], { clock: { ...systemClock, now: () => now } });
  const reads = () => standIn.requests.filter(({ path }) => path.startsWith('/.well-known')).length;
  const begins = async (minutes: number) => {
    now = new Date(now.getTime() + minutes * 60_000);
    const request = { state: 'x'.repeat(22), redirectUri: CALLBACK };
    const both = [1, 2].map(() => beginProviderLogin(deps, back(), request));
    return (await Promise.all(both)).map(({ kind }) => kind);
  };
  expect(await begins(0)).toEqual(['begun', 'begun']);
  standIn.override = ({ path }) => (path.startsWith('/.well-known') ? { status: 503 } : undefined);
  const before = reads();
  expect(await begins(11)).toEqual(['begun', 'begun']);
  expect(await begins(0.5)).toEqual(['begun', 'begun']);
  expect(reads() - before).toBe(1);
  expect(await begins(2)).toEqual(['begun', 'begun']);
  expect(await begins(24 * 60)).toEqual(['unavailable', 'unavailable']);
});

test('what a provider repeats of our secrets does not get into the log', async () => {
  standIn.override = ({ path, params }) =>
    path === '/token'
      ? { status: 400, body: { error: 'invalid_grant', error_description: JSON.stringify(params) } }
      : undefined;
  const { kept, outcome } = await logInAt(deps, back(), standIn);
  const text = JSON.stringify(outcome);
  for (const secret of [PROVIDER_CLIENT.clientSecret, kept.verifier, kept.answer.code]) {
    expect(text).not.toContain(secret);
  }
  expect(text).toContain('***');
});
