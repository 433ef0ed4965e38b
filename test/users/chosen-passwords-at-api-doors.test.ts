import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { openPasswordWorld, type PasswordWorld } from '../harness/password-world.ts';
import { ended, upload } from '../imports/import-jobs.ts';

type Answer = { status: number; body: Record<string, unknown> };
type About = { email?: string; name?: string; username?: string; password: string };
type Store = { name: string };

const STRICT = {
  passwordPolicy: 'fair',
  requires_username: true,
  password_history: { enable: true, size: 3 },
  password_no_personal_info: { enable: true },
};

let world: PasswordWorld;
let strict: Store;
let lenient: Store;

beforeAll(async () => {
  world = await openPasswordWorld();
  const named = { friendly_name: 'Meadowlark ID' };
  expect((await world.server.api('PATCH', '/api/v2/tenants/settings', named)).status).toBe(200);
  strict = await aStore('strict', STRICT);
  lenient = await aStore('lenient', { passwordPolicy: 'none', requires_username: true });
});

async function aStore(name: string, options: object): Promise<Store> {
  const { server, client } = world;
  const enabled = { enabled_clients: [client.id] };
  const made = await server.api('POST', '/api/v2/connections', {
    name,
    strategy: 'auth0',
    options,
    ...enabled,
  });
  expect(made.status, made.text).toBe(201);
  return { name };
}

let count = 0;
const username = () => `person${++count}`;

async function create(store: Store, about: About): Promise<Answer> {
  const user = { email: aPerson().email, username: username(), ...about };
  return world.server.api('POST', '/api/v2/users', { connection: store.name, ...user });
}

/** Asks from an address of its own: sign-ups are limited by address. */
async function signUp(store: Store, about: About): Promise<Answer> {
  const answer = await fetch(`${world.server.url}/dbconnections/signup`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': `203.0.113.${++count % 250}`,
    },
    body: JSON.stringify({
      client_id: world.client.id,
      connection: store.name,
      email: aPerson().email,
      username: username(),
      ...about,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** Changes the password of an existing user. */
async function change(store: Store, { password, ...about }: About): Promise<Answer> {
  const made = await create(store, { ...about, password: aPassword() });
  const path = `/api/v2/users/${made.body.user_id}`;
  return world.server.api('PATCH', path, { connection: store.name, password });
}

/** Changes the password together with the data that it must not contain. */
async function changeBoth(store: Store, { password, ...about }: About): Promise<Answer> {
  const made = await create(store, { password: aPassword() });
  const [[field, value] = ['name', 'Nobody']] = Object.entries(about);
  const changes = { connection: store.name, password, [field]: value };
  return world.server.api('PATCH', `/api/v2/users/${made.body.user_id}`, changes);
}

const DOORS = {
  'POST /users': { choose: create, good: 201, says: inMessage },
  'PATCH /users': { choose: change, good: 200, says: inMessage },
  'POST /dbconnections/signup': { choose: signUp, good: 200, says: inName },
};

function inMessage({ body }: Answer): string {
  return String(body.message).split(':')[0] ?? '';
}

function inName({ body }: Answer): string {
  return String(body.name);
}

const LONG = `Harbour-31-${'ä'.repeat(700)}`;
const REFUSALS: [what: string, about: About, name: string][] = [
  ['too short', { password: 'Ab-1' }, 'PasswordStrengthError'],
  ['too plain', { password: 'harbourlamp' }, 'PasswordStrengthError'],
  ['too long', { password: LONG }, 'PasswordStrengthError'],
  ['blank', { password: '        ' }, 'PasswordStrengthError'],
  ['common', { password: 'Password1' }, 'PasswordDictionaryError'],
  ['common with decoration', { password: 'P@ssw0rd2026!' }, 'PasswordDictionaryError'],
  ['a run on the keyboard', { password: 'asdfghjkl;A1' }, 'PasswordDictionaryError'],
  ['a common word with a letter', { password: 'iloveyou1A' }, 'PasswordDictionaryError'],
  ['a repetition', { password: 'Aa1!Aa1!' }, 'PasswordDictionaryError'],
  ['the name of the server', { password: 'Meadowlark-Id1' }, 'PasswordDictionaryError'],
  [
    'their name with look-alikes',
    { name: 'Johannes Berg', password: 'J0hannes2024' },
    'PasswordNoUserInfoError',
  ],
  [
    'their name without its accent',
    { name: 'Eva Kästner', password: 'KASTNER2024a' },
    'PasswordNoUserInfoError',
  ],
  [
    'their address',
    { email: 'marigold.one@pw.test', password: 'xx-Marigold-77' },
    'PasswordNoUserInfoError',
  ],
  [
    'their user name',
    { username: 'marigold7', password: 'xx-MARIGOLD7-77z' },
    'PasswordNoUserInfoError',
  ],
  [
    'with their name',
    { name: 'Max Marigold', password: 'xx-Marigold-77' },
    'PasswordNoUserInfoError',
  ],
];

describe.each(Object.entries(DOORS))('at %s', (_door, { choose, good, says }) => {
  test.each(REFUSALS)('a password is refused: %s', async (_what, about, name) => {
    const person = { ...about };
    // Each endpoint needs another user.
    if (person.email) person.email = person.email.replace('@', `.${++count}@`);
    if (person.username) {
      person.username += String(++count);
      person.password = `xx-${person.username.toUpperCase()}-Zz`;
    }
    const answer = await choose(strict, person);
    expect(answer.status, JSON.stringify(answer.body)).toBe(400);
    expect(says(answer)).toBe(name);
  });

  test('a leaked password is refused if leak detection is on, whatever the policy', async () => {
    const path = '/api/v2/attack-protection/breached-password-detection';
    const watch = (enabled: boolean) => {
      const stages = ['block'];
      const stage = {
        'pre-user-registration': { shields: stages },
        'pre-change-password': { shields: stages },
      };
      return world.server.api('PATCH', path, { enabled, ...(enabled && { stage }) });
    };
    expect((await watch(true)).status).toBe(200);
    const answer = await choose(lenient, { password: 'password1' });
    expect((await watch(false)).status).toBe(200);
    expect(answer.status, JSON.stringify(answer.body)).toBe(400);
    expect(says(answer)).toBe('PasswordDictionaryError');
  });

  test.each(['ÄÖÜ-äöü-ßß-31', 'Пароль-на-каждый-день-7'])('%s is accepted', async (password) => {
    const answer = await choose(strict, { password });
    expect(answer.status, JSON.stringify(answer.body)).toBe(good);
  });

  test('another password is accepted', async () => {
    const answer = await choose(strict, { password: 'Harbour-Lamp-31' });
    expect(answer.status, JSON.stringify(answer.body)).toBe(good);
  });
});

test.each([
  { name: 'Max Marigold', password: 'xx-Marigold-77' },
  { email: 'marigold.two@pw.test', password: 'xx-Marigold-77' },
  { username: 'marigold8', password: 'xx-Marigold8-77' },
])('PATCH /users checks a password against simultaneous changes: %j', async (about) => {
  const answer = await changeBoth(strict, about);
  expect(answer.status, JSON.stringify(answer.body)).toBe(400);
});

test('PATCH /users refuses the last passwords, and accepts the oldest after it leaves the history', async () => {
  const first = 'Harbour-Lamp-31';
  const { body } = await create(strict, { password: first });
  const path = `/api/v2/users/${body.user_id}`;
  const change = async (password: string) => {
    const answer = await world.server.api<{ message?: string }>('PATCH', path, {
      connection: strict.name,
      password,
    });
    return answer.status === 200 ? 'taken' : answer.body.message?.split(':')[0];
  };
  expect(await change(first)).toBe('PasswordHistoryError');
  expect(await change('Harbour-Lamp-32')).toBe('taken');
  expect(await change('Harbour-Lamp-33')).toBe('taken');
  expect(await change(first)).toBe('PasswordHistoryError');
  expect(await change('Harbour-Lamp-34')).toBe('taken');
  expect(await change(first)).toBe('taken');
});

test('an import refuses a clear password and names the alternative', async () => {
  const { body } = await upload(world.server, [
    { email: aPerson().email, password: 'Harbour-Lamp-31' },
  ]);
  const job = await ended(world.server, body.id);
  expect(job.summary).toMatchObject({ failed: 1, inserted: 0 });
  const { text } = await world.server.api('GET', `/api/v2/jobs/${job.id}/errors`);
  expect(text).toContain('passwords in clear text are not imported, use password_hash');
  expect(text).not.toContain('Harbour-Lamp-31');
});

test('/dbconnections/change_password sets no password and sends the link', async () => {
  const { email } = await world.createUser();
  const answer = await fetch(`${world.server.url}/dbconnections/change_password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: world.client.id,
      connection: 'Username-Password-Authentication',
      email,
      password: 'Harbour-Lamp-31',
    }),
  });
  const text = await answer.text();
  expect([answer.status, (await world.login(email, 'Harbour-Lamp-31')).status], text).toEqual([
    200, 403,
  ]);
});
