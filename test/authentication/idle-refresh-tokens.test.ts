import { expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { aClient, aUser, Browser, CALLBACK, logIn, openDoor, postToken } from './fixture.ts';

const DAY = 86_400;

test('a refresh token that does not rotate lives while it is used, and ends when it is idle', async () => {
  let ahead = 0;
  const clock = { ...systemClock, now: () => new Date(Date.now() + ahead * 1000) };
  const door = await openDoor(undefined, { clock });
  const client = await aClient(door, {
    refreshToken: {
      rotationType: 'non-rotating',
      expirationType: 'expiring',
      leeway: 0,
      tokenLifetime: 365 * DAY,
      idleTokenLifetime: 10 * DAY,
      infiniteTokenLifetime: false,
      infiniteIdleTokenLifetime: false,
    },
  });
  const user = await aUser(door);
  const secrets = { client_id: client.id, client_secret: client.secret };
  const back = await logIn(door, new Browser(), { clientId: client.id }, user.id);
  const code = back.searchParams.get('code');
  const first = await postToken(door, {
    grant_type: 'authorization_code',
    ...secrets,
    code,
    redirect_uri: CALLBACK,
  });
  const use = async () =>
    (
      await postToken(door, {
        grant_type: 'refresh_token',
        ...secrets,
        refresh_token: first.body.refresh_token,
      })
    ).status;
  ahead = 9 * DAY;
  expect(await use()).toBe(200);
  ahead = 18 * DAY;
  expect(await use()).toBe(200);
  ahead = 28 * DAY + 1;
  expect(await use()).toBe(403);
  await door.close();
});
