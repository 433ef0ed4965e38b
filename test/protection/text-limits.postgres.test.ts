import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { atOnce } from '../harness/factories.ts';
import {
  type ApiClient,
  made,
  openStillWorld,
  openTab,
  type Person,
  type StillWorld,
} from '../harness/world.ts';

const PASSWORD_REALM = 'http://auth0.com/oauth/grant-type/password-realm';
const UNREACHABLE = 'unreachable_phone_number';
const DEFAULTS = {
  countries: null,
  refuse_unassigned: true,
  per_number: 10,
  per_address: 50,
  per_country: 500,
  total: 1000,
};

let world: StillWorld;
let client: ApiClient;
let serial = 0;

beforeAll(async () => {
  world = await openStillWorld({ trustProxy: ['loopback'] });
  client = await world.registerClient({
    grant_types: ['authorization_code', PASSWORD_REALM],
  });
  for (const [name, options] of [
    ['sms', {}],
    ['sms-closed', { disable_signup: true }],
  ] as const) {
    const connection = { name, strategy: 'sms', options, enabled_clients: [client.id] };
    await made(world.server, '/connections', connection);
  }
});

beforeEach(async () => {
  await limit(DEFAULTS);
  await api('PUT', '/guardian/factors/sms', { enabled: true });
  await api('PUT', '/guardian/policies', ['all-applications']);
  world.passTime(3600);
});

async function api(method: string, path: string, body?: unknown) {
  const answer = await world.server.api<Record<string, unknown>>(method, `/api/v2${path}`, body);
  expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
  return answer.body;
}

const limit = (settings: object) => api('PATCH', '/attack-protection/text-messages', settings);
const german = (): string => `+491701${String(++serial).padStart(6, '0')}`;
const french = (): string => `+33612${String(++serial).padStart(6, '0')}`;

/** Asks for a code to log in with. Returns `sent`, or the status and error of the answer. */
async function starts(phone_number: string, { connection = 'sms', from = '192.0.2.1' } = {}) {
  const answer = await fetch(`${world.server.url}/passwordless/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body: JSON.stringify({
      client_id: client.id,
      client_secret: client.secret,
      connection,
      phone_number,
      send: 'code',
    }),
  });
  const { error } = (await answer.json()) as { error?: string };
  return answer.status === 200 ? 'sent' : `${answer.status} ${error}`;
}

const textsTo = (number: string) => world.texts.filter(({ to }) => to === number).length;

async function mfaToken({ email, password }: Person): Promise<string> {
  const { body } = await world.token({
    grant_type: PASSWORD_REALM,
    client_id: client.id,
    client_secret: client.secret,
    realm: 'Username-Password-Authentication',
    username: email,
    password,
  });
  return body.mfa_token;
}

async function mfa(path: string, token: string, body: object) {
  const answer = await fetch(`${world.server.url}/mfa/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: client.id,
      client_secret: client.secret,
      mfa_token: token,
      ...body,
    }),
  });
  const { error } = (await answer.json()) as { error?: string };
  return answer.status === 200 ? 'sent' : `${answer.status} ${error}`;
}

/** Begins to enroll a number as a factor of a new user. */
async function enrolls(phone_number: string, person?: Person) {
  const token = await mfaToken(person ?? (await world.createUser()));
  const asked = { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number };
  return mfa('associate', token, asked);
}

async function withPhone(phone_number: string): Promise<Person> {
  const person = await world.createUser();
  const path = `/users/${encodeURIComponent(person.userId)}/authentication-methods`;
  await api('POST', path, { type: 'phone', phone_number });
  return person;
}

describe('of sixteen texts at once', () => {
  const cases: [string, object, number, () => string, ((index: number) => string)?][] = [
    ['to one number, as many as `per_number`', { per_number: 3 }, 3, () => '+491709000001'],
    ['to one country, as many as `per_country`', { per_country: 10 }, 10, french],
    [
      'in total, as many as `total`',
      { total: 11, per_country: 11, per_address: 11 },
      11,
      german,
      (index) => `192.0.2.${index}`,
    ],
    ['from one address, as many as `per_address`', { per_address: 4 }, 4, german],
  ];
  test.each(cases)('%s are sent', async (_which, settings, most, number, from = () =>
    '192.0.2.1') => {
    await limit(settings);
    const before = world.texts.length;
    const answers = await atOnce(16, (index) => starts(number(), { from: from(index) }));
    expect(answers.filter((answer) => answer === 'sent')).toHaveLength(most);
    expect(world.texts.length - before).toBe(most);
    expect(answers.filter((answer) => answer === '429 too_many_requests')).toHaveLength(16 - most);
    world.passTime(3600);
    expect(await starts(number())).toBe('sent');
  });
});

test('a network of IPv6 counts as one address', async () => {
  await limit({ per_address: 2 });
  const from = (host: number) => ({ from: `2001:db8:0:7::${host}` });
  expect(await starts(german(), from(1))).toBe('sent');
  expect(await starts(german(), from(2))).toBe('sent');
  expect(await starts(german(), from(3))).toBe('429 too_many_requests');
  expect(await starts(german(), { from: '2001:db8:0:8::1' })).toBe('sent');
});

test('logins with a code and new factors share the limits', async () => {
  await limit({ per_number: 2 });
  const number = german();
  expect(await starts(number)).toBe('sent');
  expect(await enrolls(number)).toBe('sent');
  expect(await enrolls(number)).toBe('429 too_many_attempts');
  expect(await starts(number, { connection: 'sms-closed' })).toBe('429 too_many_requests');
  expect(textsTo(number)).toBe(2);
});

test('strangers cannot use up the texts of a confirmed factor', async () => {
  await limit({ per_number: 1, per_country: 2, total: 2, per_address: 2 });
  const number = german();
  const person = await withPhone(number);
  expect(await starts(number)).toBe('sent');
  expect(await starts(german())).toBe('sent');
  expect(await starts(german(), { from: '192.0.2.2' })).toBe('429 too_many_requests');
  const token = await mfaToken(person);
  expect(await mfa('challenge', token, { challenge_type: 'oob' })).toBe('sent');
  expect(textsTo(number)).toBe(2);
  // Confirmed factors have a limit too.
  expect(await mfa('challenge', token, { challenge_type: 'oob' })).toBe('429 too_many_attempts');
});

describe('no text goes', () => {
  test.each([
    ['a premium number', '+33899123456'],
    ['a personal number that is charged as a premium one', '+447012345678'],
    ['a satellite or international network', '+882161234567'],
    ['a number that belongs to nobody', '+12425551234'],
  ])('to %s', async (_what, number) => {
    expect(await starts(number)).toBe(`400 ${UNREACHABLE}`);
    expect(await enrolls(number)).toBe(`400 ${UNREACHABLE}`);
    expect(textsTo(number)).toBe(0);
  });

  test('to other countries than the allowed ones, and not to denied ones', async () => {
    await limit({ countries: { mode: 'allow', list: ['DE'] } });
    expect([await starts(german()), await starts(french())]).toEqual([
      'sent',
      `400 ${UNREACHABLE}`,
    ]);
    await limit({ countries: { mode: 'deny', list: ['DE'] } });
    expect([await starts(german()), await starts(french())]).toEqual([
      `400 ${UNREACHABLE}`,
      'sent',
    ]);
    await limit({ countries: null });
    expect(await starts(german())).toBe('sent');
  });

  test('to a denied country at the pages, which say so', async () => {
    await limit({ countries: { mode: 'allow', list: ['FR'] } });
    const person = await world.createUser();
    const tab = openTab();
    await tab.go(world.authorize(client));
    await tab.send({ username: person.email, password: person.password });
    const number = german();
    const enrolling = await tab.send({ address: number });
    expect(enrolling.page).toContain('We cannot send codes to this number.');

    const other = openTab();
    await other.go(world.authorize(client, { connection: 'sms' }));
    const asking = await other.send({ address: number });
    expect(asking.page).toContain('We cannot send codes to this number.');

    const owner = await withPhone(number);
    await other.go(world.authorize(client, { prompt: 'login' }));
    const challenge = await other.send({ username: owner.email, password: owner.password });
    expect(challenge.page).toContain('We cannot send codes to this number.');
    expect(textsTo(number)).toBe(0);
  });
});

test('a number of a new range gets texts once the operator allows it', async () => {
  await limit({ refuse_unassigned: false });
  expect(await starts('+12425551234')).toBe('sent');
});

test('the answers do not tell whether an account has the number', async () => {
  await limit({ per_number: 2, per_country: 5, total: 5, per_address: 5 });
  const number = german();
  const user = { connection: 'sms-closed', phone_number: number };
  await made(world.server, '/users', user);
  const known: string[] = [];
  const unknown: string[] = [];
  const nobody = german();
  for (let i = 0; i < 3; i++) {
    known.push(await starts(number, { connection: 'sms-closed' }));
    unknown.push(await starts(nobody, { connection: 'sms-closed' }));
  }
  expect(unknown).toEqual(known);
  expect(known).toEqual(['sent', 'sent', '429 too_many_requests']);
  await limit({ countries: { mode: 'deny', list: ['DE'] } });
  expect(await starts(number, { connection: 'sms-closed' })).toBe(`400 ${UNREACHABLE}`);
  expect(await starts(nobody, { connection: 'sms-closed' })).toBe(`400 ${UNREACHABLE}`);
});

test('the tenant log names the limit and the country of a refused text', async () => {
  await limit({ per_country: 1, per_number: 1 });
  expect(await starts(french())).toBe('sent');
  const refused = french();
  expect(await starts(refused)).toBe('429 too_many_requests');
  const q = new URLSearchParams({ q: `type:gd_send_sms_failure AND user_name:"${refused}"` });
  const [noted] = await world.logs(`${q}`);
  expect(noted).toMatchObject({
    description: 'Too many texts to this country in an hour.',
    details: { limit: 'country', country: 'FR' },
  });
});
