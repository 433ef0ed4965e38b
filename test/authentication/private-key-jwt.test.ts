import { type CryptoKey, decodeJwt, type GenerateKeyPairResult } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ClientCredential } from '../../src/records/client-credentials/client-credentials.ts';
import { API, aClient, aGrant, anApi, type Door, openDoor, postToken } from './fixture.ts';
import {
  ASSERTION_TYPE,
  type AssertionClaims,
  aKeyPair,
  aSigningClient,
  signAssertion,
} from './signer.ts';

let door: Door;
let keys: GenerateKeyPairResult[];
beforeAll(async () => {
  door = await openDoor();
  await anApi(door);
  keys = await Promise.all([aKeyPair(), aKeyPair()]);
  return door.close;
});

const pair = (index: number): GenerateKeyPairResult => {
  const found = keys[index];
  if (!found) throw new Error('No such key.');
  return found;
};

/** Returns a client that signs with the first key. */
async function aSigner(more: Partial<ClientCredential> = {}) {
  const client = await aSigningClient(door, pair(0), more);
  await aGrant(door, client.id, ['read:things']);
  return client;
}

const sign = (clientId: string, key: CryptoKey, claims?: AssertionClaims) =>
  signAssertion(door, clientId, key, claims);

const ask = (clientId: string, client_assertion: string, more: object = {}) =>
  postToken(door, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion,
    audience: API,
    ...more,
  });

describe('a client with a signing key', () => {
  test('gets tokens without naming its key', async () => {
    const client = await aSigner();
    const answer = await ask(client.id, await sign(client.id, pair(0).privateKey));
    expect(answer.status).toBe(200);
    expect(decodeJwt(answer.body.access_token)).toMatchObject({
      azp: client.id,
      scope: 'read:things',
    });
    const byAddress = await sign(client.id, pair(0).privateKey, { aud: `${door.url}/oauth/token` });
    expect((await ask(client.id, byAddress)).status).toBe(200);
  });

  test('gets no token for another key, audience, subject, algorithm or time', async () => {
    const client = await aSigner();
    const key = pair(0).privateKey;
    for (const [what, assertion] of Object.entries({
      key: await sign(client.id, pair(1).privateKey),
      audience: await sign(client.id, key, { aud: 'https://other.example.test/' }),
      subject: await sign(client.id, key, { sub: 'other' }),
      time: await sign(client.id, key, { expires: '-2m' }),
      nothing: 'nonsense',
    })) {
      const answer = await ask(client.id, assertion);
      expect([400, 401], what).toContain(answer.status);
      expect(answer.body, what).not.toHaveProperty('access_token');
    }
    const expired = await aSigner({ expiresAt: new Date(Date.now() - 1000) });
    expect((await ask(expired.id, await sign(expired.id, key))).status).toBe(401);
    const other = await aSigner({ alg: 'PS256' });
    expect((await ask(other.id, await sign(other.id, key))).status).toBe(401);
  });

  test('has no secret any more', async () => {
    const client = await aSigner();
    const body = { grant_type: 'client_credentials', audience: API, client_id: client.id };
    expect((await postToken(door, { ...body, client_secret: client.secret })).status).toBe(401);
    expect((await postToken(door, body)).status).toBe(401);
  });

  test('can use an assertion once, even when sixteen requests use it at once', async () => {
    const client = await aSigner();
    const assertion = await sign(client.id, pair(0).privateKey);
    const answers = await Promise.all(Array.from({ length: 16 }, () => ask(client.id, assertion)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(15);
  });
});

test('a client with a secret cannot sign instead', async () => {
  const client = await aClient(door);
  await aGrant(door, client.id, ['read:things']);
  expect((await ask(client.id, await sign(client.id, pair(0).privateKey))).status).toBe(401);
});
