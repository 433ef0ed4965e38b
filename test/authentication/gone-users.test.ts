import { expect, test } from 'vitest';
import { removeUser } from '../../src/flows/manage-users/manage-users.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { findUser, updateUser } from '../../src/records/users/users.ts';
import { NO_DIRECTORIES } from '../harness/no-directories.ts';
import { aClient, aUser, Browser, CALLBACK, logIn, openDoor, postToken } from './fixture.ts';

const doorOpened = openDoor();

/** Returns a user with a session at an application that may refresh its tokens, and with another unused code. */
async function signedIn() {
  const door = await doorOpened;
  const client = await aClient(door);
  const user = await aUser(door);
  const browser = new Browser();
  const ask = (fields: object) =>
    postToken(door, { client_id: client.id, client_secret: client.secret, ...fields });
  const aCode = async () => {
    const params = { scope: 'openid profile offline_access' };
    const back = await logIn(door, browser, { clientId: client.id, params }, user.id);
    return back.searchParams.get('code') ?? '';
  };
  const exchange = (code: string) =>
    ask({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK });
  const { body } = await exchange(await aCode());
  expect(body.refresh_token).toEqual(expect.any(String));
  const refresh = () => ask({ grant_type: 'refresh_token', refresh_token: body.refresh_token });
  const userinfo = async () => {
    const headers = { authorization: `Bearer ${body.access_token}` };
    return (await fetch(`${door.url}/userinfo`, { headers })).status;
  };
  expect(await userinfo()).toBe(200);
  const code = await aCode();
  return { db: door.database.db, user, refresh, userinfo, redeem: () => exchange(code) };
}

test('a blocked user gets no tokens from earlier codes and refresh tokens', async () => {
  const { db, user, refresh, userinfo, redeem } = await signedIn();
  await updateUser(db, user.id, { blocked: true }, new Date());
  const refused = {
    status: 403,
    body: { error: 'unauthorized', error_description: 'user is blocked' },
  };
  expect(await refresh()).toMatchObject(refused);
  expect(await redeem()).toMatchObject(refused);
  expect(await userinfo()).toBe(401);
});

test('a deleted user gets no tokens from earlier codes and refresh tokens', async () => {
  const { db, user, refresh, userinfo, redeem } = await signedIn();
  await removeUser({ db, audit: noAudit, directories: NO_DIRECTORIES }, user.id);
  expect(await findUser(db, user.id)).toBeNull();
  expect(await refresh()).toMatchObject({
    status: 403,
    body: { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
  });
  expect(await redeem()).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  expect(await userinfo()).toBe(401);
});
