import { beforeAll, expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import {
  type ApiClient,
  openTab,
  openWorld,
  type Person,
  type Tokens,
  type World,
} from '../harness/world.ts';
import { otpAt, SECRET } from '../second-factors/factors.ts';
import { changeByLink, changeByOperator, linkFor, unlimitLogins } from './change-password.ts';

const LOGINS = 48;
const REALM = 'http://auth0.com/oauth/grant-type/password-realm';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld();
  await unlimitLogins(world);
  client = await world.registerClient({
    grant_types: [
      'password',
      REALM,
      'http://auth0.com/oauth/grant-type/mfa-otp',
      'refresh_token',
      'authorization_code',
    ],
  });
});

const logIn = ({ email, password }: Person) =>
  world.token({
    grant_type: 'password',
    client_id: client.id,
    client_secret: client.secret,
    username: email,
    password,
    scope: 'openid offline_access',
  });

async function alive(answers: Tokens[]): Promise<number> {
  const tokens = answers.flatMap(({ body }) => body.refresh_token ?? []);
  const refreshed = await Promise.all(tokens.map((token) => world.refresh(client, token)));
  return refreshed.filter(({ status }) => status === 200).length;
}

test(`none of ${LOGINS} logins at the token endpoint during a change of password keeps a token, in each of three rounds`, async () => {
  const survivors: number[] = [];
  for (const way of ['operator', 'link', 'operator']) {
    const person = await world.createUser();
    const link = await linkFor(world, person);
    const logins = atOnce(LOGINS, () => logIn(person));
    const change = way === 'link' ? changeByLink(link) : changeByOperator(world, person);
    const [answers] = await Promise.all([logins, change]);
    survivors.push(await alive(answers));
  }
  expect(survivors).toEqual([0, 0, 0]);
});

test(`none of ${LOGINS} codes, refresh tokens and sessions gives a working token after a simultaneous change of password`, async () => {
  const survivors: number[] = [];
  for (let round = 0; round < 2; round++) {
    const person = await world.createUser();
    const tab = openTab();
    const first = await world.logsIn(tab, world.authorize(client), person);
    const silently = () => tab.go(world.authorize(client, { prompt: 'none' }));
    const others = await atOnce(LOGINS - 1, async () => tab.back(await silently()));
    const backs = [first, ...others];
    const redeem = (back: URL) => world.exchange(client, back);
    const got = await Promise.all(backs.slice(LOGINS / 2).map(redeem));
    const exchanges: Promise<Tokens | null>[] = [
      ...backs.slice(0, LOGINS / 2).map(redeem),
      ...got.map(({ body }) => world.refresh(client, body.refresh_token)),
      ...Array.from({ length: LOGINS / 2 }, async () => {
        const { back } = await silently();
        return back && (await world.exchange(client, back));
      }),
    ];
    const change = Promise.race(exchanges).then(() => changeByOperator(world, person));
    const [answers] = await Promise.all([Promise.all(exchanges), change]);
    survivors.push(await alive([...answers.filter((answer) => answer !== null), ...got]));
    expect((await silently()).back?.searchParams.has('code')).toBe(false);
  }
  expect(survivors).toEqual([0, 0]);
});

test(`none of ${LOGINS} mfa_tokens from during a change of password counts, and no earlier one leads on`, async () => {
  const api = world.server.api;
  await api('PUT', '/api/v2/guardian/factors/otp', { enabled: true });
  const authenticators = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${world.server.url}/mfa/authenticators`, { headers })).status;
  };
  const counting: number[] = [];
  for (const way of ['operator', 'link']) {
    const person = await world.createUser();
    const audience = `${world.server.url}/mfa/`;
    const own = await world.token({
      grant_type: REALM,
      realm: 'Username-Password-Authentication',
      client_id: client.id,
      client_secret: client.secret,
      username: person.email,
      password: person.password,
      audience,
      scope: 'read:authenticators enroll',
    });
    expect(await authenticators(own.body.access_token)).toBe(200);
    const path = `/api/v2/users/${encodeURIComponent(person.userId)}/authentication-methods`;
    await api('POST', path, { type: 'totp', name: 'Phone', totp_secret: SECRET });
    await api('PUT', '/api/v2/guardian/policies', ['all-applications']);
    const before = (await logIn(person)).body.mfa_token;
    const link = await linkFor(world, person);
    const logins = atOnce(LOGINS, () => logIn(person));
    const change = way === 'link' ? changeByLink(link) : changeByOperator(world, person);
    const [answers] = await Promise.all([logins, change]);
    await api('PUT', '/api/v2/guardian/policies', []);
    const made = answers.flatMap(({ body }) => body.mfa_token ?? []);
    const statuses = await Promise.all(made.map(authenticators));
    counting.push(statuses.filter((status) => status !== 401).length);
    expect(await authenticators(own.body.access_token)).toBe(401);
    const ended = await world.token({
      grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp',
      client_id: client.id,
      client_secret: client.secret,
      mfa_token: before,
      otp: otpAt(SECRET, new Date()),
    });
    expect(ended).toMatchObject({ status: 401, body: { error: 'expired_token' } });
  }
  expect(counting).toEqual([0, 0]);
});
