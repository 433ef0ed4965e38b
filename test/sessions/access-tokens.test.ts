import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword } from '../harness/factories.ts';
import {
  API,
  type ApiClient,
  claimsOf,
  made,
  openTab,
  openWorld,
  type Person,
  type World,
} from '../harness/world.ts';
import { changeByLink, changeByOperator, linkFor } from './change-password.ts';

const REALM = 'http://auth0.com/oauth/grant-type/password-realm';
const IN_PSS = 'urn:an-api-with-pss';
const BY_RFC = 'urn:an-api-with-rfc-9068';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  await made(world.server, '/resource-servers', { identifier: IN_PSS, signing_alg: 'PS256' });
  await made(world.server, '/resource-servers', {
    identifier: BY_RFC,
    token_dialect: 'rfc9068_profile',
  });
  client = await world.registerClient({
    grant_types: [REALM, 'refresh_token', 'authorization_code'],
  });
});

async function withPassword({ email, password }: Person, audience: string, scope: string) {
  const { status, body } = await world.token({
    grant_type: REALM,
    realm: 'Username-Password-Authentication',
    client_id: client.id,
    client_secret: client.secret,
    username: email,
    password,
    audience,
    scope,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const inBrowser = async (person: Person) =>
  (await world.exchange(client, await world.logsIn(openTab(), world.authorize(client), person)))
    .body;

/** Every way to get an access token that /userinfo accepts. */
const TOKENS: Record<string, (person: Person) => Promise<string>> = {
  'of a login in a browser, for another API': async (person) =>
    (await inBrowser(person)).access_token,
  'that was refreshed': async (person) =>
    (await world.refresh(client, (await inBrowser(person)).refresh_token)).body.access_token,
  'of a login with a password, for another API': async (person) =>
    (await withPassword(person, API, 'openid profile')).access_token,
  'in the form of RFC 9068': async (person) =>
    (await withPassword(person, BY_RFC, 'openid profile')).access_token,
  'that is signed with PS256': async (person) =>
    (await withPassword(person, IN_PSS, 'openid profile')).access_token,
  'for the management API': async (person) =>
    (await withPassword(person, `${world.server.url}/api/v2/`, 'openid read:current_user'))
      .access_token,
  'for the second factors': async (person) =>
    (await withPassword(person, `${world.server.url}/mfa/`, 'openid enroll')).access_token,
};

const path = ({ userId }: Person) => `/api/v2/users/${encodeURIComponent(userId)}`;

/** Every action that ends all access of a user. */
const ENDS: Record<string, (person: Person) => Promise<unknown>> = {
  'a password that an operator sets': (person) => changeByOperator(world, person),
  'a password that the person sets by a link': async (person) =>
    changeByLink(await linkFor(world, person)),
  'the end of all access': async (person) => {
    const answer = await world.server.api('POST', `${path(person)}/revoke-access`);
    expect(answer.status).toBe(202);
  },
  'a block that is lifted again': async (person) => {
    for (const blocked of [true, false]) {
      expect((await world.server.api('PATCH', path(person), { blocked })).status).toBe(200);
    }
  },
};

const userinfo = async (token: string) =>
  (await fetch(`${world.server.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } }))
    .status;

describe('/userinfo refuses an access token', () => {
  test.each(Object.keys(TOKENS))('%s after a change of password', async (way) => {
    const person = await world.createUser();
    const token = (await TOKENS[way]?.(person)) ?? '';
    expect(claimsOf(token).aud).toContain(`${world.server.url}/userinfo`);
    // Twice, because the second request reads from memory.
    expect([await userinfo(token), await userinfo(token)]).toEqual([200, 200]);
    const password = aPassword();
    await changeByOperator(world, person, password);
    expect(await userinfo(token)).toBe(401);
    expect(await userinfo((await TOKENS[way]?.({ ...person, password })) ?? '')).toBe(200);
  });

  test.each(Object.keys(ENDS))('after %s', async (end) => {
    const person = await world.createUser();
    const { access_token: token } = await withPassword(person, API, 'openid');
    const { access_token: fresh } = await withPassword(person, API, 'openid');
    expect(await userinfo(token)).toBe(200);
    await ENDS[end]?.(person);
    expect([await userinfo(token), await userinfo(fresh)]).toEqual([401, 401]);
  });
});

test('an access token of a deleted user never counts for a later user with the same id', async () => {
  const person = await world.createUser();
  const { access_token: token } = await withPassword(person, API, 'openid');
  expect((await world.server.api('DELETE', path(person))).status).toBe(204);
  const again = await world.createUser({ user_id: person.userId.replace('auth0|', '') });
  expect(again.userId).toBe(person.userId);
  expect(await userinfo(token)).toBe(401);
  expect(await userinfo((await withPassword(again, API, 'openid')).access_token)).toBe(200);
});

test('a revocation of all access ends access tokens at the management API and for second factors', async () => {
  const person = await world.createUser();
  const { url } = world.server;
  const own = await withPassword(person, `${url}/api/v2/`, 'read:current_user');
  const factors = await withPassword(person, `${url}/mfa/`, 'read:authenticators');
  const statuses = async () => [
    (await world.server.api('GET', path(person), undefined, { token: own.access_token })).status,
    (
      await fetch(`${url}/mfa/authenticators`, {
        headers: { authorization: `Bearer ${factors.access_token}` },
      })
    ).status,
  ];
  expect(await statuses()).toEqual([200, 200]);
  await ENDS['the end of all access']?.(person);
  expect(await statuses()).toEqual([401, 401]);
});
