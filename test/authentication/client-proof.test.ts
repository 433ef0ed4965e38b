import type { GenerateKeyPairResult } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { issueMfaToken } from '../../src/flows/second-factor/second-factor.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { changeTenantSettings } from '../../src/records/settings/settings.ts';
import { aClient, aUser, type Door, openDoor, postToken } from './fixture.ts';
import { ASSERTION_TYPE, aKeyPair, aSigningClient, signAssertion } from './signer.ts';

type Fields = Record<string, unknown>;
type App = { id: string; secret: string };

let door: Door;
let key: GenerateKeyPairResult;
let other: GenerateKeyPairResult;
beforeAll(async () => {
  door = await openDoor();
  [key, other] = await Promise.all([aKeyPair(), aKeyPair()]);
  return door.close;
});

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

async function post(path: string, body: Fields, headers: Record<string, string> = {}, at = door) {
  const answer = await fetch(`${at.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return answer.status;
}

async function mfaTokenFor({ id }: App): Promise<string> {
  const user = await aUser(door);
  return issueMfaToken(
    { db: door.database.db, clock: systemClock },
    { userId: user.id, clientId: id, connectionId: user.connectionId },
  );
}

/** Returns the endpoint's answer to these client credentials. `true`: it accepts them. */
const ENDPOINTS: Record<
  string,
  (app: App, shown: Fields, headers: Record<string, string>) => Promise<boolean>
> = {
  // A grant that fails for its own reason after the client has authenticated.
  '/oauth/token': async ({ id }, shown, headers) => {
    const { status } = await postToken(
      door,
      { grant_type: 'refresh_token', refresh_token: 'x', client_id: id, ...shown },
      headers,
    );
    return status === 403;
  },
  // The request names no user to challenge.
  '/mfa/challenge': async (app, shown, headers) => {
    const mfa_token = await mfaTokenFor(app);
    return (
      (await post('/mfa/challenge', { mfa_token, client_id: app.id, ...shown }, headers)) === 403
    );
  },
  // A connection is missing.
  '/passwordless/start': async ({ id }, shown, headers) => {
    const status = await post('/passwordless/start', { client_id: id, ...shown }, headers);
    return status === 400;
  },
};

describe.each(Object.keys(ENDPOINTS))('%s', (path) => {
  const believes = async (app: App, shown: Fields, headers: Record<string, string> = {}) =>
    ENDPOINTS[path]?.(app, shown, headers);
  const assertion = async ({ id }: App, pair = key, claims = {}) => ({
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await signAssertion(door, id, pair.privateKey, claims),
  });

  test('a client that has a secret authenticates with it, in the body and by Basic', async () => {
    const app = await aClient(door);
    expect(await believes(app, { client_secret: app.secret })).toBe(true);
    expect(await believes(app, {}, { authorization: basic(app.id, app.secret) })).toBe(true);
    expect(await believes(app, { client_secret: 'wrong' })).toBe(false);
    expect(await believes(app, {}, { authorization: basic(app.id, 'wrong') })).toBe(false);
    expect(await believes(app, await assertion(app))).toBe(false);
  });

  test('a client authenticates once with a signed assertion, and not with its former secret', async () => {
    const app = await aSigningClient(door, key);
    const signed = await assertion(app);
    expect(await believes(app, signed)).toBe(true);
    expect(await believes(app, signed)).toBe(false);
    expect(await believes(app, { client_secret: app.secret })).toBe(false);
    expect(await believes(app, {}, { authorization: basic(app.id, app.secret) })).toBe(false);
    expect(await believes(app, await assertion(app, other))).toBe(false);
    expect(await believes(app, await assertion(app, key, { aud: 'https://x.test/' }))).toBe(false);
  });

  test('a client without a secret cannot authenticate with a secret, and no other client can stand in for it', async () => {
    const app = await aClient(door, { tokenEndpointAuthMethod: 'none' });
    expect(await believes(app, {})).toBe(true);
    expect(await believes(app, { client_secret: app.secret })).toBe(false);
    const each = await aClient(door);
    const header = { authorization: basic(each.id, each.secret) };
    expect(await believes(app, { client_id: app.id }, header)).toBe(false);
  });
});

test('an associate request that sends a secret must send the right one', async () => {
  const app = await aSigningClient(door, key);
  const ask = async (shown: Fields) => {
    const headers = { authorization: `Bearer ${await mfaTokenFor(app)}` };
    return post('/mfa/associate', { authenticator_types: ['otp'], ...shown }, headers);
  };
  expect(await ask({})).not.toBe(401);
  expect(await ask({ client_secret: app.secret, client_id: app.id })).toBe(401);
});

test('a tenant can require that a client authenticates before a code is sent', async () => {
  const app = await aSigningClient(door, key, {}, { tokenEndpointAuthMethod: 'none' });
  const open = await aClient(door, { tokenEndpointAuthMethod: 'none' });
  const start = ({ id }: App, at: Door) => post('/passwordless/start', { client_id: id }, {}, at);
  expect(await start(app, door)).toBe(400);
  const flags = { enforce_client_authentication_on_passwordless_start: true };
  await changeTenantSettings(door.database.db, { flags }, new Date());
  const strict = await openDoor(door.database);
  expect(await start(app, strict)).toBe(401);
  expect(await start(open, strict)).toBe(400);
  await strict.app.close();
});
