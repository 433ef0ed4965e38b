import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { redeemTicket } from '../../src/flows/reset-password/reset-password.ts';
import type { SmsSender } from '../../src/outbound/sms/sms.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { hashPassword } from '../../src/platform/password-hash/password-hash.ts';
import { enableClients, insertConnection } from '../../src/records/connections/connections.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { setPassword } from '../../src/records/passwords/passwords.ts';
import { issueTicket } from '../../src/records/tickets/tickets.ts';
import type { User } from '../../src/records/users/users.ts';
import {
  API,
  aClient,
  anApi,
  aUser,
  authorizeUrl,
  Browser,
  type Door,
  keys,
  logIn,
  openDoor,
  pkce,
  postToken,
} from '../authentication/fixture.ts';
import { freshDatabase } from '../harness/harness.ts';
import { NO_ACTIONS } from '../harness/no-actions.ts';
import { NO_DIRECTORIES } from '../harness/no-directories.ts';
import { aMethod, configure, otpAt, SECRET } from '../second-factors/factors.ts';

const PASSWORD = 'Tulip-Canal-77';
const GRANT = 'http://auth0.com/oauth/grant-type/';
const NUL = 'a\0b';

let sendText: SmsSender['send'] = async () => ({ kind: 'sent' });
let door: Door;
let app: { id: string; secret: string };
let hash: string;

beforeAll(async () => {
  door = await openDoor(await freshDatabase(), { smsSender: async () => ({ send: sendText }) });
  hash = await hashPassword(PASSWORD);
  await anApi(door);
  app = await aClient(door, {
    grantTypes: [
      'authorization_code',
      'password',
      'client_credentials',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      `${GRANT}password-realm`,
      `${GRANT}passwordless/otp`,
      `${GRANT}mfa-otp`,
      `${GRANT}mfa-oob`,
      `${GRANT}mfa-recovery-code`,
    ],
  });
  return () => door.close();
});

const client = () => ({ client_id: app.id, client_secret: app.secret });

async function aPerson(): Promise<User> {
  const user = await aUser(door);
  await door.database.db
    .transaction()
    .execute((tx) =>
      setPassword(tx, { userId: user.id, phc: hash, at: new Date(), historySize: 0 }),
    );
  return user;
}

type Body = Record<string, unknown> & { access_token: string; mfa_token: string; error?: string };

const byPassword = (user: User, more = {}) =>
  postToken<Body>(door, {
    grant_type: `${GRANT}password-realm`,
    realm: 'con_test',
    username: user.email,
    password: PASSWORD,
    scope: 'openid',
    ...client(),
    ...more,
  });

async function mfa(method: string, path: string, token: string, body?: object) {
  const answer = await fetch(`${door.url}/mfa/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
}

/** Chooses another password with a link, like a reader of the mail. */
async function resets(user: User): Promise<void> {
  const { db } = door.database;
  const { secret } = await issueTicket(db, {
    kind: 'password-change',
    userId: user.id,
    email: user.email,
    ticketKey: keys.ticket,
    now: new Date(),
  });
  const outcome = await redeemTicket(
    {
      db,
      clock: systemClock,
      audit: noAudit,
      directories: NO_DIRECTORIES,
      actions: NO_ACTIONS,
      publicUrl: door.url,
      enqueue: async () => {},
    },
    { secret, password: 'Poplar-Bridge-55' },
  );
  expect(outcome.kind).toBe('done');
  // Clocks of two nodes may be some seconds apart.
  await sql`update users set last_password_reset = last_password_reset + interval '10 seconds'
    where id = ${user.id}`.execute(db);
}

test("an application's custom scheme lets no foreign origin read an answer", async () => {
  const native = await aClient(door, {
    callbacks: ['meadow://callback'],
    webOrigins: [],
    grantTypes: ['password'],
  });
  const answer = await postToken(
    door,
    { grant_type: 'password', client_id: native.id, username: 'a', password: 'b' },
    { origin: 'null' },
  );
  expect(answer.headers.get('access-control-allow-origin')).toBe(null);
});

test('an address of fifty thousand question marks delays nobody', async () => {
  const address = `https://app.example.test/${'?'.repeat(50_000)}%0A`;
  const answer = await fetch(`${door.url}/oidc/logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `client_id=${app.id}&post_logout_redirect_uri=${address}`,
  });
  expect(answer.status).toBe(400);
}, 4000);

test('a client id with half an escape is unknown and causes no server error', async () => {
  const answer = await fetch(`${door.url}/mfa/challenge`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('%:x').toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ mfa_token: (await pendingToken()).token }),
  });
  expect(answer.status).toBe(401);
});

async function pendingToken(factor: 'otp' | 'sms' = 'otp') {
  await configure(door.database.db, { factors: [factor] });
  const user = await aPerson();
  const token = (await byPassword(user)).body.mfa_token;
  expect(token).toMatch(/^mfa_/);
  return { user, token };
}

describe('characters that the database cannot store cause no server error', () => {
  const PARAMS = [
    'client_id',
    'scope',
    'audience',
    'resource',
    'organization',
    'invitation',
    'connection',
    'login_hint',
    'screen_hint',
    'ui_locales',
    'nonce',
    'state',
    'acr_values',
    'redirect_uri',
    'id_token_hint',
    'code_challenge',
  ];
  test.each(PARAMS)('in /authorize?%s=', async (name) => {
    const browser = new Browser();
    const organized = await aClient(door, { extra: { organization_usage: 'allow' } });
    const { challenge } = pkce();
    const params = { [name]: NUL };
    const answer = await browser.get(
      authorizeUrl(door, { clientId: organized.id, challenge, params }),
    );
    const body = await answer.text();
    const location = answer.headers.get('location') ?? '';
    expect([answer.status < 500, location.includes('server_error'), body]).toEqual([
      true,
      false,
      expect.not.stringContaining('occurred on our side'),
    ]);
  });

  test.each([
    ['client_credentials', ['audience', 'scope', 'organization', 'client_id', 'client_secret']],
    ['password', ['username', 'password', 'audience', 'scope', 'realm']],
    [`${GRANT}password-realm`, ['realm', 'username']],
    [`${GRANT}passwordless/otp`, ['realm', 'username', 'otp']],
    [`${GRANT}mfa-otp`, ['mfa_token', 'otp']],
    [`${GRANT}mfa-oob`, ['mfa_token', 'oob_code', 'binding_code']],
    [`${GRANT}mfa-recovery-code`, ['mfa_token', 'recovery_code']],
    ['authorization_code', ['code', 'code_verifier', 'redirect_uri']],
    ['refresh_token', ['refresh_token', 'scope']],
    ['urn:ietf:params:oauth:grant-type:device_code', ['device_code']],
  ])('in /oauth/token with %s', async (grant_type, names) => {
    await configure(door.database.db, { factors: [], policies: [] });
    const good = {
      grant_type,
      ...client(),
      audience: API,
      realm: 'con_test',
      username: 'x',
      password: 'y',
      otp: '1',
      code: 'z',
      refresh_token: 'z',
      oob_code: 'z',
    };
    for (const name of names) {
      for (const value of [NUL, '\ud800']) {
        const answer = await postToken<Body>(door, { ...good, [name]: value });
        expect([name, value, answer.status < 500]).toEqual([name, value, true]);
      }
    }
  });
});

describe('a new password ends', () => {
  beforeEach(() => configure(door.database.db, { factors: ['otp'] }));

  test('a login that waits for a second factor', async () => {
    const { user, token } = await pendingToken();
    await aMethod(
      { db: door.database.db, key: keys.encryption, now: new Date() },
      { userId: user.id, kind: 'totp', totpSecret: SECRET },
    );
    await resets(user);
    const done = await postToken<Body>(door, {
      grant_type: `${GRANT}mfa-otp`,
      ...client(),
      mfa_token: token,
      otp: otpAt(SECRET, new Date()),
    });
    expect([done.status, done.body.error]).toEqual([401, 'expired_token']);
  });

  test('a login that waits for a first factor', async () => {
    const { user, token } = await pendingToken();
    await resets(user);
    const begun = await mfa('POST', 'associate', token, { authenticator_types: ['otp'] });
    expect(begun.status).toBe(401);
  });

  test("a token for a user's own factors", async () => {
    await configure(door.database.db, { factors: ['otp'], policies: [] });
    const user = await aPerson();
    const audience = `${door.url}/mfa/`;
    const { body } = await byPassword(user, { audience, scope: 'enroll' });
    const before = await mfa('POST', 'associate', body.access_token, {
      authenticator_types: ['otp'],
    });
    expect(before.status).toBe(200);
    await resets(user);
    const after = await mfa('POST', 'associate', body.access_token, {
      authenticator_types: ['otp'],
    });
    expect(after.status).toBe(401);
  });
});

describe('a user with a second factor', () => {
  test('must use it for a token over their factors, even if logins don’t require it', async () => {
    await configure(door.database.db, { factors: ['otp'], policies: [] });
    const user = await aPerson();
    const id = await aMethod(
      { db: door.database.db, key: keys.encryption, now: new Date() },
      { userId: user.id, kind: 'totp', totpSecret: SECRET },
    );
    const asked = await byPassword(user, {
      audience: `${door.url}/mfa/`,
      scope: 'enroll read:authenticators remove:authenticators',
    });
    expect([asked.status, asked.body.error]).toEqual([403, 'mfa_required']);
    const shown = await postToken<Body>(door, {
      grant_type: `${GRANT}mfa-otp`,
      ...client(),
      mfa_token: asked.body.mfa_token,
      otp: otpAt(SECRET, new Date()),
    });
    expect(shown.status).toBe(200);
    const gone = await mfa('DELETE', `authenticators/totp%7C${id}`, shown.body.access_token);
    expect(gone.status).toBe(204);
  });

  test('gets no such token from a session without it', async () => {
    await configure(door.database.db, { factors: ['otp'], policies: [] });
    const user = await aPerson();
    await aMethod(
      { db: door.database.db, key: keys.encryption, now: new Date() },
      { userId: user.id, kind: 'totp', totpSecret: SECRET },
    );
    const browser = new Browser();
    const { challenge } = pkce();
    await logIn(door, browser, { clientId: app.id, challenge }, user.id);
    const params = { prompt: 'none', audience: `${door.url}/mfa/`, scope: 'openid enroll' };
    const silent = await logIn(door, browser, { clientId: app.id, challenge, params }, null);
    expect([silent.searchParams.get('code'), silent.searchParams.get('error')]).toEqual([
      null,
      'login_required',
    ]);
  });
});

describe('a code by text message without sign-up', () => {
  const start = async (name: string, phone_number: string) => {
    const answer = await fetch(`${door.url}/passwordless/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...client(), connection: name, phone_number, send: 'code' }),
    });
    return [answer.status, Object.keys(Object(await answer.json()))];
  };

  test.each([
    ['takes its time', () => new Promise<never>(() => {})],
    ['fails', async () => ({ kind: 'failed', problem: 'no such number' }) as const],
    ['breaks', () => Promise.reject(new Error('socket hang up'))],
  ])('reveals no account: the provider %s', async (what, send) => {
    const id = `con_${randomBytes(8).toString('hex')}`;
    const now = new Date();
    await insertConnection(door.database.db, {
      id,
      name: id,
      displayName: null,
      strategy: 'sms',
      options: { disable_signup: true },
      metadata: null,
      realms: [],
      settings: {},
      createdAt: now,
      updatedAt: now,
    });
    await enableClients(door.database.db, id, [app.id]);
    const known = `+49170${String(what.length).padStart(7, '1')}`;
    await aUser(door, { connectionId: id, provider: 'sms', phoneNumber: known, email: null });
    const sent: string[] = [];
    sendText = (text) => {
      sent.push(text.to);
      return send();
    };
    expect(await start(id, known)).toEqual(await start(id, '+491709999999'));
    // The text is worded on another thread, after the answer.
    await expect.poll(() => sent).toEqual([known]);
  });
});

test('text messages go only to a limited number of new phone numbers per IP address, however many accounts it has', async () => {
  await configure(door.database.db, { factors: ['sms'] });
  // The texts of other tests in this hour count, too.
  await sql`delete from throttles`.execute(door.database.db);
  sendText = async () => ({ kind: 'sent' });
  const statuses: number[] = [];
  for (let account = 0; account < 6; account++) {
    const { token } = await pendingToken('sms');
    for (let i = 0; i < 9; i++) {
      const answer = await mfa('POST', 'associate', token, {
        authenticator_types: ['oob'],
        oob_channels: ['sms'],
        phone_number: `+49170111${String(statuses.length).padStart(4, '0')}`,
      });
      statuses.push(answer.status);
    }
  }
  expect(statuses).toEqual([...Array(50).fill(200), 429, 429, 429, 429]);
  // A user who has verified a number still gets codes.
  const user = await aPerson();
  await aMethod(
    { db: door.database.db, key: keys.encryption, now: new Date() },
    { userId: user.id, kind: 'phone', phoneNumber: '+491701234567' },
  );
  const { mfa_token } = (await byPassword(user)).body;
  const asked = await mfa('POST', 'challenge', '', { mfa_token, challenge_type: 'oob' });
  expect(asked.status).toBe(200);
});

test('a sign-up stores only the allowed fields and cannot add more by their names', async () => {
  const ask = async (name: string) => {
    const answer = await fetch(`${door.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: app.id,
        connection: 'con_test',
        email: `${randomBytes(6).toString('hex')}@example.test`,
        password: PASSWORD,
        user_metadata: { [name]: 'x' },
      }),
    });
    return answer.status;
  };
  expect([await ask('n'.repeat(100)), await ask('n'.repeat(101))]).toEqual([200, 400]);
});

test('a third-party application gets nothing through the device flow either', async () => {
  const theirs = await aClient(door, {
    isFirstParty: false,
    grantTypes: ['urn:ietf:params:oauth:grant-type:device_code'],
  });
  const answer = await fetch(`${door.url}/oauth/device/code`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: theirs.id, client_secret: theirs.secret }),
  });
  expect(answer.status).toBe(400);
});

test('a login gives an existing session a new id', async () => {
  await configure(door.database.db, { factors: [], policies: [] });
  const user = await aPerson();
  const browser = new Browser();
  const { challenge } = pkce();
  const names = () => [...browser.jar].filter(([name]) => name.startsWith('usher_session@'));
  await browser.get(authorizeUrl(door, { clientId: app.id, challenge }));
  await logIn(door, browser, { clientId: app.id, challenge }, user.id);
  const before = names();
  const params = { prompt: 'login' };
  await logIn(door, browser, { clientId: app.id, challenge, params }, user.id);
  expect(names()).not.toEqual(before);
  const planted = new Browser();
  for (const [name, value] of before) planted.jar.set(name, value);
  const silent = await logIn(
    door,
    planted,
    { clientId: app.id, challenge, params: { prompt: 'none' } },
    null,
  );
  expect(silent.searchParams.get('error')).toBe('login_required');
});

test('a token of one kind does not count as another kind', async () => {
  await configure(door.database.db, { factors: ['otp'], policies: [] });
  const user = await aPerson();
  const { body } = await byPassword(user, { audience: API, scope: 'openid read:things' });
  const id = String(body.id_token);
  const opaque = (await byPassword(user)).body.access_token;
  for (const token of [id, opaque]) {
    expect((await mfa('GET', 'authenticators', token)).status).toBe(401);
  }
  expect((await mfa('GET', 'authenticators', body.access_token)).status).toBe(401);
  const info = await fetch(`${door.url}/userinfo`, { headers: { authorization: `Bearer ${id}` } });
  expect(info.status).toBe(401);
  const asRefresh = await postToken<Body>(door, {
    grant_type: 'refresh_token',
    ...client(),
    refresh_token: opaque,
  });
  expect(asRefresh.status).toBe(403);
});
