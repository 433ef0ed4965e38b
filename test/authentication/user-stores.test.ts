import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { disableClients } from '../../src/records/connections/connections.ts';
import { aClient, aUser, Browser, logIn, mayUse, openDoor } from './fixture.ts';

test("a session does not log in to an application that may not use the user's connection", async () => {
  const door = await openDoor();
  const [theirs, other] = [await aClient(door), await aClient(door)];
  const store = `con_${randomBytes(8).toString('hex')}`;
  await mayUse(door, theirs.id, store);
  const user = await aUser(door, { connectionId: store });
  const browser = new Browser();
  const into = (clientId: string, params = {}) =>
    logIn(door, browser, { clientId, params: { scope: 'openid', ...params } }, user.id);

  expect((await into(theirs.id)).searchParams.get('code')).not.toBeNull();
  const silent = await into(other.id, { prompt: 'none' });
  expect(silent.searchParams.get('error')).toBe('login_required');
  expect(silent.searchParams.get('code')).toBeNull();
  const again = await into(theirs.id, { prompt: 'none' });
  expect(again.searchParams.get('code')).not.toBeNull();
});

test('an application that lost the right to a connection gets no more tokens for its users', async () => {
  const door = await openDoor();
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const first = await logIn(door, browser, { clientId: client.id }, user.id);
  await disableClients(door.database.db, user.connectionId, [client.id]);

  const answer = await fetch(`${door.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client.id,
      client_secret: client.secret,
      code: first.searchParams.get('code') ?? '',
      redirect_uri: 'https://app.example.test/callback',
    }),
  });
  const body = (await answer.json()) as { error: string };
  expect([answer.status, body.error]).toEqual([403, 'invalid_grant']);
  const silent = await logIn(
    door,
    browser,
    { clientId: client.id, params: { prompt: 'none' } },
    null,
  );
  expect(silent.searchParams.get('error')).toBe('login_required');
});
