import { expect, inject, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/clock.ts';
import {
  deleteExpiredPayloads,
  endSessionsOf,
} from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { atOnce } from '../harness/factories.ts';
import {
  aClient,
  aUser,
  Browser,
  CALLBACK,
  type Door,
  logIn,
  openDoor,
  postToken,
  type Tokens,
} from './fixture.ts';

const doorOpened = openDoor();

type Application = { id: string; secret: string };

async function aCode(door: Door, client: Application, browser = new Browser()) {
  const user = await aUser(door);
  const back = await logIn(door, browser, { clientId: client.id }, user.id);
  return { code: back.searchParams.get('code') ?? '', user, browser };
}

const exchange = (door: Door, client: Application, code: string) =>
  postToken(door, {
    grant_type: 'authorization_code',
    client_id: client.id,
    client_secret: client.secret,
    code,
    redirect_uri: CALLBACK,
  });

const refresh = (door: Door, client: Application, token: string) =>
  postToken(door, {
    grant_type: 'refresh_token',
    client_id: client.id,
    client_secret: client.secret,
    refresh_token: token,
  });

const REFUSED = {
  status: 403,
  body: { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
};

// A single session cannot show a race, so one round there checks only the answers.
const ROUNDS = inject('testDatabase').kind === 'postgres' ? 50 : 2;

test('of sixteen simultaneous exchanges of one code exactly one wins', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const wins: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { code } = await aCode(door, client);
    const answers = await atOnce(16, () => exchange(door, client, code));
    wins.push(answers.filter((answer) => answer.status === 200).length);
    for (const lost of answers.filter((answer) => answer.status !== 200)) {
      expect(lost).toMatchObject({
        status: 403,
        body: { error: 'invalid_grant', error_description: 'Invalid authorization code' },
      });
    }
  }
  expect(wins).toEqual(Array.from({ length: ROUNDS }, () => 1));
}, 180_000);

test('of sixteen simultaneous uses of one rotating refresh token exactly one wins, and the family ends', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const wins: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { code } = await aCode(door, client);
    const { body } = await exchange(door, client, code);
    const answers = await atOnce(16, () => refresh(door, client, body.refresh_token));
    const won = answers.filter((answer) => answer.status === 200);
    wins.push(won.length);
    const next = won[0]?.body.refresh_token ?? '';
    expect(await refresh(door, client, next)).toMatchObject(REFUSED);
  }
  expect(wins).toEqual(Array.from({ length: ROUNDS }, () => 1));
}, 180_000);

test('a refresh token rotates, and a second use of the old token ends the new one too', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const { code, user } = await aCode(door, client);
  const first = (await exchange(door, client, code)).body;
  const second = await refresh(door, client, first.refresh_token);
  expect(second.status).toBe(200);
  expect(second.body.refresh_token).not.toBe(first.refresh_token);
  const third = await refresh(door, client, second.body.refresh_token);
  expect(third.status).toBe(200);
  expect(await refresh(door, client, first.refresh_token)).toMatchObject(REFUSED);
  expect(await refresh(door, client, third.body.refresh_token)).toMatchObject(REFUSED);
  const left = await door.database.execute(
    'select model from oidc_payloads where account_id = $1',
    [user.id],
  );
  expect(left.rows.map((row) => row.model)).toEqual(['Session']);
});

test('a refresh token without rotation stays, and a client with leeway may repeat a rotation', async () => {
  const door = await doorOpened;
  const settings = {
    rotationType: 'non-rotating',
    expirationType: 'non-expiring',
    leeway: 0,
    tokenLifetime: 2_592_000,
    idleTokenLifetime: 1_296_000,
    infiniteTokenLifetime: true,
    infiniteIdleTokenLifetime: true,
  } as const;
  const steady = await aClient(door, { refreshToken: settings });
  const first = await aCode(door, steady);
  const { body } = await exchange(door, steady, first.code);
  const again = await refresh(door, steady, body.refresh_token);
  expect(again.body.refresh_token).toBe(body.refresh_token);

  const lenient = await aClient(door, {
    refreshToken: { ...settings, rotationType: 'rotating', leeway: 60 },
  });
  const second = await aCode(door, lenient);
  const tokens = (await exchange(door, lenient, second.code)).body;
  for (let use = 0; use < 2; use++) {
    expect((await refresh(door, lenient, tokens.refresh_token)).status).toBe(200);
  }
});

test('a second use of a code revokes the tokens that it issued', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const { code } = await aCode(door, client);
  const { body } = await exchange(door, client, code);
  expect((await exchange(door, client, code)).status).toBe(403);
  expect(await refresh(door, client, body.refresh_token)).toMatchObject(REFUSED);
});

test('another client can use neither the code nor the refresh token', async () => {
  const door = await doorOpened;
  const [client, other] = [await aClient(door), await aClient(door)];
  const { code } = await aCode(door, client);
  expect((await exchange(door, other, code)).status).toBe(403);
  const { status, body } = await exchange(door, client, code);
  expect(status).toBe(200);
  expect(await refresh(door, other, body.refresh_token)).toMatchObject(REFUSED);
  expect((await refresh(door, client, body.refresh_token)).status).toBe(200);
});

test('a revoked refresh token is void, and a revocation always answers 200', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const { code } = await aCode(door, client);
  const { body } = await exchange(door, client, code);
  for (const token of [body.refresh_token, 'never-issued']) {
    const answer = await fetch(`${door.url}/oauth/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: client.id, client_secret: client.secret, token }),
    });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  }
  expect(await refresh(door, client, body.refresh_token)).toMatchObject(REFUSED);
});

test('a change of password ends every session and refresh token of the user', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const { code, user, browser } = await aCode(door, client);
  const { body } = await exchange(door, client, code);
  await endSessionsOf(door.database.db, user.id);
  expect(await refresh(door, client, body.refresh_token)).toMatchObject(REFUSED);
  const none = { clientId: client.id, params: { prompt: 'none' } };
  const silent = await logIn(door, browser, none, null);
  expect(silent.searchParams.get('error')).toBe('login_required');
});

test('a session from before the change of password is void even if its row comes back', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const { code, user, browser } = await aCode(door, client);
  const { body } = await exchange(door, client, code);
  const { db, execute } = door.database;
  const rows = 'select * from oidc_payloads where account_id = $1';
  await execute(`create table came_back as ${rows}`, [user.id]);
  await endSessionsOf(db, user.id);
  await execute('insert into oidc_payloads select * from came_back', []);
  expect((await execute(rows, [user.id])).rows).not.toEqual([]);
  await execute('drop table came_back', []);
  expect(await refresh(door, client, body.refresh_token)).toMatchObject(REFUSED);
  const none = { clientId: client.id, params: { prompt: 'none' } };
  const silent = await logIn(door, browser, none, null);
  expect(silent.searchParams.get('error')).toBe('login_required');
});

test('the tables hold no usable secret', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const used = await aCode(door, client);
  const tokens: Tokens = (await exchange(door, client, used.code)).body;
  const opaque = await logIn(
    door,
    used.browser,
    { clientId: client.id, params: { scope: 'openid', state: 'a-state-of-its-own' } },
    null,
  );
  const code = opaque.searchParams.get('code') ?? '';
  const { body } = await exchange(door, client, (await aCode(door, client)).code);
  const pending = await new Browser().get(
    `${door.url}/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.id, redirect_uri: CALLBACK, scope: 'openid', login_hint: 'secret@example.test' })}`,
  );
  const uid = new URL(pending.headers.get('location') ?? '', door.url).searchParams.get('state');
  const cookies = [...used.browser.jar.values()].map((each) => each.value);
  const issued = [
    code,
    used.code,
    tokens.refresh_token,
    tokens.access_token,
    tokens.id_token,
    body.refresh_token,
    uid ?? '',
    ...cookies,
  ];
  expect(issued.every((value) => value.length > 15)).toBe(true);
  const { rows } = await door.database.execute(
    'select oidc_payloads::text as row from oidc_payloads',
  );
  expect(rows.length).toBeGreaterThan(5);
  const table = rows.map((row) => row.row).join('\n');
  for (const value of issued) expect(table).not.toContain(value);
  expect(table).not.toContain('secret@example.test');
});

test('a sweep deletes expired rows in batches and keeps live ones', async () => {
  const door = await doorOpened;
  const client = await aClient(door);
  const { code } = await aCode(door, client);
  const { db } = door.database;
  const count = async () =>
    Number((await door.database.execute('select count(*) as n from oidc_payloads')).rows[0]?.n);
  const all = await count();
  const now = systemClock.now();
  expect(await deleteExpiredPayloads(db, { before: now, limit: 100 })).toBe(0);
  await door.database.execute(
    "update oidc_payloads set expires_at = now() - interval '1 day' where model = 'Grant'",
  );
  expect(await deleteExpiredPayloads(db, { before: now, limit: 1 })).toBe(1);
  const rest = await deleteExpiredPayloads(db, { before: now, limit: 10_000 });
  expect(await count()).toBe(all - 1 - rest);
  expect((await exchange(door, client, code)).status).toBe(403);
});
