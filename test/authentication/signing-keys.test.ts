import { X509Certificate } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { listSigningKeys, rotateSigningKeys } from '../../src/records/signing-keys/signing-keys.ts';
import { atOnce } from '../harness/factories.ts';
import { BOOTSTRAP, eventually, freshDatabase, startServer } from '../harness/harness.ts';
import { API, aClient, aGrant, anApi, keys, openDoor, postToken } from './fixture.ts';

type Key = {
  kid: string;
  cert: string;
  pkcs7: string;
  fingerprint: string;
  thumbprint: string;
  current: boolean;
  next: boolean;
  previous: boolean;
  revoked: boolean;
  current_since?: string;
  current_until?: string;
  revoked_at?: string;
};

async function jwks(url: string): Promise<JSONWebKeySet> {
  return (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
}

/** Each key exists once per algorithm. */
const kidsOf = ({ keys }: JSONWebKeySet, alg = 'RS256') =>
  keys.filter((key) => key.alg === alg).map(({ kid }) => kid);

test('a rotated key verifies until it is revoked, and not a second longer', async () => {
  const server = await startServer();
  const list = async () => (await server.api<Key[]>('GET', '/api/v2/keys/signing')).body;
  const [current, next, ...others] = await list();
  if (!current || !next) throw new Error('There are no keys.');
  expect(others).toEqual([]);
  expect([current.current, current.next, next.current, next.next]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(current.fingerprint.replaceAll(':', '')).toBe(current.thumbprint);
  const certificate = new X509Certificate(current.cert);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate).toMatchObject({
    subject: 'CN=localhost',
    fingerprint: current.fingerprint,
  });
  expect(current.pkcs7).toMatch(/^-----BEGIN PKCS7-----\r\n/);
  const published = (await jwks(server.url)).keys;
  expect(kidsOf({ keys: published })).toEqual([current.kid, next.kid]);
  expect(kidsOf({ keys: published }, 'PS256')).toEqual([
    `${current.kid}_ps256`,
    `${next.kid}_ps256`,
  ]);
  const [first] = published;
  const der = Buffer.from(first?.x5c?.[0] ?? '', 'base64');
  expect(new X509Certificate(der).fingerprint).toBe(current.fingerprint);
  expect(
    Buffer.from(first?.x5t ?? '', 'base64url')
      .toString('hex')
      .toUpperCase(),
  ).toBe(current.thumbprint);
  expect(new X509Certificate(der).publicKey.export({ format: 'jwk' })).toMatchObject({
    n: first?.n,
  });

  const before = await server.token();
  const half = await server.token(['create:signing_keys']);
  const refused = await server.api('POST', '/api/v2/keys/signing/rotate', undefined, {
    token: half,
  });
  expect(refused.status).toBe(403);
  const rotated = await server.api<Key>('POST', '/api/v2/keys/signing/rotate');
  expect([rotated.status, rotated.body]).toEqual([201, { kid: next.kid, cert: next.cert }]);

  const [now, after, former] = await list();
  expect(now).toMatchObject({ kid: next.kid, current: true, current_since: expect.any(String) });
  expect(after).toMatchObject({ next: true });
  expect(former).toMatchObject({
    kid: current.kid,
    previous: true,
    current: false,
    current_until: expect.any(String),
  });

  const fresh = await eventually(async () => {
    const token = await aToken(server.url);
    return decodeProtectedHeader(token).kid === next.kid ? token : undefined;
  });
  await jwtVerify(fresh, createLocalJWKSet(await jwks(server.url)));
  const withOld = () => server.api('GET', '/api/v2/keys/signing', undefined, { token: before });
  expect((await withOld()).status).toBe(200);

  const inUse = await server.api('PUT', `/api/v2/keys/signing/${next.kid}/revoke`);
  expect(inUse.status).toBe(400);
  const options = { token: fresh };
  const unknown = await server.api(
    'PUT',
    '/api/v2/keys/signing/nothing/revoke',
    undefined,
    options,
  );
  expect(unknown).toMatchObject({ status: 404, body: { message: 'Signing key not found.' } });
  const revoked = await server.api(
    'PUT',
    `/api/v2/keys/signing/${current.kid}/revoke`,
    undefined,
    options,
  );
  expect([revoked.status, revoked.body]).toEqual([200, { kid: current.kid, cert: current.cert }]);
  await eventually(async () => ((await withOld()).status === 401 ? true : undefined));
  expect(kidsOf(await jwks(server.url))).toEqual([next.kid, after?.kid]);
  expect(kidsOf(await jwks(server.url), 'PS256')).not.toContain(`${current.kid}_ps256`);
  const gone = await server.api<Key>(
    'GET',
    `/api/v2/keys/signing/${current.kid}`,
    undefined,
    options,
  );
  expect(gone.body).toMatchObject({ revoked: true, revoked_at: expect.any(String) });
});

async function aToken(url: string): Promise<string> {
  const { body } = await postToken(
    { url },
    {
      grant_type: 'client_credentials',
      client_id: BOOTSTRAP.id,
      client_secret: BOOTSTRAP.secret,
      audience: `${url}/api/v2/`,
    },
  );
  return body.access_token;
}

test('a running node signs with the key that another node rotated to', async () => {
  const door = await openDoor();
  await anApi(door);
  const client = await aClient(door);
  await aGrant(door, client.id, ['read:things']);
  const ask = {
    grant_type: 'client_credentials',
    client_id: client.id,
    client_secret: client.secret,
    audience: API,
  };
  const kidNow = async () =>
    decodeProtectedHeader((await postToken(door, ask)).body.access_token).kid;
  const first = await kidNow();
  const subject = { subject: 'localhost', now: new Date() };
  const rotated = await rotateSigningKeys(door.database.db, keys, subject);
  expect(rotated?.kid).not.toBe(first);
  await eventually(async () => ((await kidNow()) === rotated?.kid ? true : undefined));
  await door.close();
});

test('sixteen simultaneous rotations leave one current and one next key', async () => {
  const database = await freshDatabase();
  const door = await openDoor(database);
  const subject = { subject: 'localhost', now: new Date() };
  await atOnce(16, () => rotateSigningKeys(database.db, keys, subject));
  const states = (await listSigningKeys(database.db)).map(({ state }) => state);
  expect(states.filter((state) => state === 'current')).toHaveLength(1);
  expect(states.filter((state) => state === 'next')).toHaveLength(1);
  await door.close();
});
