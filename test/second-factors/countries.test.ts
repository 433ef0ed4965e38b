import { beforeAll, expect, test } from 'vitest';
import { type ApiClient, openWorld, type World } from '../harness/world.ts';
import { SECRET } from './factors.ts';

const PASSWORD_REALM = 'http://auth0.com/oauth/grant-type/password-realm';

let world: World;
let client: ApiClient;

beforeAll(async () => {
  world = await openWorld({ trustProxy: ['loopback'], countryHeader: 'CF-IPCountry' });
  client = await world.registerClient({ grant_types: [PASSWORD_REALM] });
  await set('PUT', '/guardian/factors/otp', { enabled: true });
  await set('PUT', '/guardian/policies/rules', { risk: { new_country: true } });
});

async function set(method: string, path: string, body: unknown) {
  const answer = await world.server.api(method, `/api/v2${path}`, body);
  expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
}

async function aPersonWithTotp() {
  const person = await world.createUser();
  const path = `/users/${encodeURIComponent(person.userId)}/authentication-methods`;
  await set('POST', path, { type: 'totp', totp_secret: SECRET });
  return person;
}

/** Logs in through a proxy that says the country of the address. `null`: not through a proxy. */
async function logsIn(
  person: { email: string; password: string },
  from: string | null,
  country: string,
) {
  const answer = await fetch(`${world.server.url}/oauth/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'cf-ipcountry': country,
      ...(from !== null && { 'x-forwarded-for': from }),
    },
    body: JSON.stringify({
      grant_type: PASSWORD_REALM,
      realm: 'Username-Password-Authentication',
      client_id: client.id,
      client_secret: client.secret,
      username: person.email,
      password: person.password,
      scope: 'openid',
    }),
  });
  const { error = 'none' } = (await answer.json()) as { error?: string };
  return error;
}

test('a login from a country that is new for the user asks for the factor', async () => {
  const person = await aPersonWithTotp();
  // The first login has nothing to be compared with.
  expect(await logsIn(person, '192.0.2.1', 'DE')).toBe('none');
  expect(await logsIn(person, '192.0.2.9', 'DE')).toBe('none');
  expect(await logsIn(person, '198.51.100.7', 'FR')).toBe('mfa_required');
  // The right password alone makes no country a known one.
  expect(await logsIn(person, '198.51.100.7', 'FR')).toBe('mfa_required');
  expect(await logsIn(await aPersonWithTotp(), '198.51.100.7', 'FR')).toBe('none');
});

test.each([
  ['is unknown to the proxy', '198.51.100.7', 'XX'],
  ['is no country', '198.51.100.7', 'France'],
  ['does not come from the proxy', null, 'FR'],
])('a country that %s is not a new one', async (_how, from, country) => {
  const person = await aPersonWithTotp();
  expect(await logsIn(person, '192.0.2.1', 'DE')).toBe('none');
  expect(await logsIn(person, from, country)).toBe('none');
});
