import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { exportJWK, importJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AUDIENCE,
  BOOTSTRAP,
  type ManagementFixture,
  PUBLIC_URL,
  startManagementApi,
} from '../management-api/fixture.ts';

// An attacker with a text editor, and tokens of every kind but the right one.
let api: ManagementFixture;
let claims: JWTPayload;
beforeAll(async () => {
  api = await startManagementApi();
  const now = Math.floor(Date.now() / 1000);
  claims = {
    iss: `${PUBLIC_URL}/`,
    aud: AUDIENCE,
    sub: `${BOOTSTRAP.id}@clients`,
    azp: BOOTSTRAP.id,
    scope: api.scopes.map((scope) => scope.value).join(' '),
    iat: now,
    exp: now + 3600,
  };
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signed by the server's own key. */
function signed(
  more: Record<string, unknown> = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const payload = { ...claims, ...more };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'RS256', kid: 'own', typ: 'JWT', ...header })
    .sign(api.signing.privateKey);
}

async function statusOf(token: string): Promise<number> {
  return (await api.call('GET', '/clients', undefined, { token })).status;
}

test('an honest token works, so the cases below fail for their own reason', async () => {
  expect(await statusOf(await signed())).toBe(200);
});

describe('the server checks the claims', () => {
  test.each<[string, Record<string, unknown>]>([
    ['the audience of another API', { aud: 'https://api.example.test' }],
    ['the audience of /userinfo', { aud: `${PUBLIC_URL}/userinfo` }],
    ['the audience without its slash', { aud: `${PUBLIC_URL}/api/v2` }],
    ['an audience with the same prefix', { aud: `${AUDIENCE}.evil.test` }],
    ['an audience in another case', { aud: AUDIENCE.toUpperCase() }],
    ['an ID token: the audience is the client', { aud: BOOTSTRAP.id, nonce: 'n' }],
    ['a missing audience', { aud: undefined }],
    ['another issuer', { iss: 'https://evil.test/' }],
    ['the issuer without its slash', { iss: PUBLIC_URL }],
    ['a missing issuer', { iss: undefined }],
    ['an expiry in the past', { exp: Math.floor(Date.now() / 1000) - 1 }],
    ['a missing expiry', { exp: undefined }],
    ['an expiry that is a string', { exp: '9999999999' }],
    ['a start in the future', { nbf: Math.floor(Date.now() / 1000) + 3600 }],
    ['a missing subject', { sub: undefined }],
    ['a missing client id', { azp: undefined }],
    ['a client id that is not a string', { azp: { toString: BOOTSTRAP.id } }],
    ['a client that does not exist', { azp: 'nobody' }],
  ])('and refuses %s', async (_what, more) => {
    expect(await statusOf(await signed(more))).toBe(401);
  });

  test.each<[string, unknown]>([
    ['a list', ['read:clients']],
    ['an object', { 'read:clients': true }],
    ['upper case', 'READ:CLIENTS'],
    ['part of the name', 'read:client'],
    ['a wildcard', 'read:*'],
    ['tabs instead of blanks', 'read:users\tread:clients'],
    ['nothing', undefined],
  ])('and ignores scopes as %s', async (_what, scope) => {
    const token = await signed({ scope });
    // The list of clients needs read:clients; permissions are another claim.
    expect(await statusOf(token)).toBe(403);
    expect(await statusOf(await signed({ scope, permissions: ['read:clients'] }))).toBe(403);
  });
});

describe('a signature is refused', () => {
  test('if it is absent, in any spelling of none', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      for (const signature of ['', 'AA']) {
        const token = `${encode({ alg, kid: 'own', typ: 'JWT' })}.${encode(claims)}.${signature}`;
        expect(await statusOf(token), `${alg} ${signature}`).toBe(401);
      }
    }
  });

  test('if it is an HMAC with the public key as the secret', async () => {
    const pem = createPublicKey({ key: api.signing.jwk as object, format: 'jwk' } as never).export({
      type: 'spki',
      format: 'pem',
    });
    for (const secret of [pem, pem.toString().trim(), JSON.stringify(api.signing.jwk), '']) {
      const text = `${encode({ alg: 'HS256', kid: 'own', typ: 'JWT' })}.${encode(claims)}`;
      const mac = createHmac('sha256', secret).update(text).digest('base64url');
      expect(await statusOf(`${text}.${mac}`)).toBe(401);
    }
  });

  test('if the token brings its key along or says where to find it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'own' };
    const sign = (header: object) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey);
    for (const header of [
      { jwk },
      { kid: 'own', jwk },
      { kid: 'own', jku: 'https://evil.test/jwks.json' },
      { kid: 'own', x5u: 'https://evil.test/cert.pem' },
      { kid: '../../own' },
      { kid: 'another-tenant' },
      { kid: "own' or '1'='1" },
      {},
    ]) {
      expect(await statusOf(await sign(header)), JSON.stringify(header)).toBe(401);
    }
  });

  test('if the right key signs with another algorithm', async () => {
    const { privateKey } = api.signing;
    expect(privateKey.algorithm.name).toBe('RSASSA-PKCS1-v1_5');
    for (const alg of ['RS384', 'RS512', 'PS256', 'ES256']) {
      const [, payload, signature] = (await signed()).split('.');
      const token = `${encode({ alg, kid: 'own', typ: 'JWT' })}.${payload}.${signature}`;
      expect(await statusOf(token), alg).toBe(401);
    }
    // The same key signs tokens for other APIs this way.
    const pss = await importJWK({ ...(await exportJWK(privateKey)), alg: 'PS256' }, 'PS256');
    for (const kid of ['own', 'own_ps256']) {
      const token = await new SignJWT(claims).setProtectedHeader({ alg: 'PS256', kid }).sign(pss);
      expect(await statusOf(token), kid).toBe(401);
    }
  });

  test('if the header requires an unknown extension', async () => {
    const [, payload, signature] = (await signed()).split('.');
    const header = { alg: 'RS256', kid: 'own', crit: ['exp'], exp: 1 };
    expect(await statusOf(`${encode(header)}.${payload}.${signature}`)).toBe(401);
  });

  test('if it belongs to another token, is cut off, or has a changed byte', async () => {
    const [one, other] = [await signed(), await signed({ scope: 'read:users' })];
    const [header, payload] = one.split('.');
    const [, , foreign] = other.split('.');
    const signature = one.split('.')[2] ?? '';
    const changed = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    for (const last of [foreign, signature.slice(0, -8), '', changed, `${signature}AAAA`]) {
      expect(await statusOf(`${header}.${payload}.${last}`)).toBe(401);
    }
    // Extra scopes in the payload of a token that had fewer.
    const [otherHeader, , otherSignature] = other.split('.');
    expect(await statusOf(`${otherHeader}.${payload}.${otherSignature}`)).toBe(401);
  });

  test('if the token only resembles a valid one of a moment ago', async () => {
    const token = await signed();
    expect(await statusOf(token)).toBe(200);
    for (const alike of [`${token}=`, `${token}.`, token.toLowerCase(), `${token}%00`]) {
      expect(await statusOf(alike), alike.slice(-6)).toBe(401);
    }
  });
});

describe('the server checks the header', () => {
  test.each([
    ['two tokens', 'Bearer a Bearer b'],
    ['Basic', `Basic ${Buffer.from(`${BOOTSTRAP.id}:${BOOTSTRAP.secret}`).toString('base64')}`],
    ['a missing scheme', 'abc'],
    ['only the scheme', 'Bearer'],
    ['blanks', '   '],
  ])('and refuses %s as the header', async (_what, authorization) => {
    const { status } = await api.call('GET', '/clients', undefined, {
      token: null,
      headers: { authorization },
    });
    expect([400, 401]).toContain(status);
  });

  test('and ignores a token anywhere else in the request', async () => {
    const token = await signed();
    for (const [path, headers] of [
      [`/clients?access_token=${token}`, {}],
      ['/clients', { cookie: `access_token=${token}; token=${token}` }],
      ['/clients', { 'x-access-token': token, 'x-authorization': `Bearer ${token}` }],
    ] as const) {
      const { status } = await api.call('GET', path, undefined, { token: null, headers });
      expect(status).toBe(401);
    }
  });
});
