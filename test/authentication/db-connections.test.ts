import { beforeAll, expect, test } from 'vitest';
import {
  ensureDefaultConnection,
  setEnabledClients,
  updateConnection,
} from '../../src/records/connections/connections.ts';
import { writeSetting } from '../../src/records/settings/settings.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { aClient, type Door, openDoor } from './fixture.ts';

const CONNECTION = 'Username-Password-Authentication';

let door: Door;
let clientId: string;
const enqueued: { name: string; data: object }[] = [];

beforeAll(async () => {
  door = await openDoor(undefined, {
    enqueue: async (_tx, task, data) => {
      enqueued.push({ name: task.name, data });
    },
  });
  const { db } = door.database;
  const connection = await ensureDefaultConnection(db, new Date());
  clientId = (await aClient(door)).id;
  await setEnabledClients(db, connection.id, [clientId]);
  return door.close;
});

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${door.url}/dbconnections/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, text, headers: answer.headers, json: () => JSON.parse(text) };
}

test('a person signs up with the given fields and gets a mail', async () => {
  const { email } = aPerson();
  const answer = await post(
    'signup',
    {
      client_id: clientId,
      connection: CONNECTION,
      email: email.toUpperCase(),
      password: aPassword(),
      given_name: 'Jo',
      user_metadata: { color: 'green' },
    },
    { origin: 'https://web.example.test' },
  );
  expect(answer.status).toBe(200);
  expect(answer.json()).toEqual({
    _id: expect.stringMatching(/^[0-9a-f]{24}$/),
    email,
    email_verified: false,
    given_name: 'Jo',
    user_metadata: { color: 'green' },
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://web.example.test');
  expect(enqueued.map((each) => each.name)).toContain('deliver-mail');
});

test('a tenant can have a second account refused with the reason', async () => {
  const { db } = door.database;
  const body = { connection: CONNECTION, email: aPerson().email, password: aPassword() };
  expect((await post('signup', body)).status).toBe(200);
  const flags = { enable_public_signup_user_exists_error: true };
  await writeSetting(db, 'tenant', { flags }, new Date());
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await post('signup', body)).json()).toEqual({
    name: 'BadRequestError',
    code: 'user_exists',
    description: 'The user already exists.',
    statusCode: 400,
  });
  await writeSetting(db, 'tenant', {}, new Date());
  await new Promise((resolve) => setTimeout(resolve, 1100));
});

test('a second account with the same address is refused without revealing the first', async () => {
  const body = { connection: CONNECTION, email: aPerson().email, password: aPassword() };
  expect((await post('signup', body)).status).toBe(200);
  const second = await post('signup', body);
  expect([second.status, second.json()]).toEqual([
    400,
    {
      name: 'BadRequestError',
      code: 'invalid_signup',
      description: 'Invalid sign up',
      statusCode: 400,
    },
  ]);
});

test('a weak password is refused with every broken rule', async () => {
  const body = { connection: CONNECTION, email: aPerson().email, password: 'lowercase' };
  const { status, json } = await post('signup', body);
  expect(status).toBe(400);
  expect(json()).toEqual({
    name: 'PasswordStrengthError',
    message: 'Password is too weak',
    code: 'invalid_password',
    description: {
      rules: [
        {
          message: 'At least %d characters in length',
          format: [8],
          code: 'lengthAtLeast',
          verified: true,
        },
        {
          message: 'Contain at least %d of the following %d types of characters:',
          code: 'containsAtLeast',
          format: [3, 4],
          items: [
            { message: 'lower case letters (a-z)', code: 'lowerCase', verified: true },
            { message: 'upper case letters (A-Z)', code: 'upperCase', verified: false },
            { message: 'numbers (i.e. 0-9)', code: 'numbers', verified: false },
            {
              message: 'special characters (e.g. !@#$%^&*)',
              code: 'specialCharacters',
              verified: false,
            },
          ],
          verified: false,
        },
      ],
      verified: false,
    },
    policy:
      '* At least 8 characters in length\n* Contain at least 3 of the following 4 types of characters:\n * lower case letters (a-z)\n * upper case letters (A-Z)\n * numbers (i.e. 0-9)\n * special characters (e.g. !@#$%^&*)',
    statusCode: 400,
  });
});

test('a request with missing or extra fields is refused', async () => {
  const good = { connection: CONNECTION, email: aPerson().email, password: aPassword() };
  const other = await aClient(door);
  const bad: object[] = [
    { ...good, email: undefined },
    { ...good, email: 'nobody' },
    { ...good, password: undefined },
    { ...good, connection: undefined },
    { ...good, connection: 'nowhere' },
    { ...good, client_id: 'nobody' },
    { ...good, client_id: other.id },
    { ...good, given_name: 7 },
    { ...good, user_metadata: { list: [] } },
    { ...good, user_metadata: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [n, 'x'])) },
  ];
  for (const body of bad) {
    const { status, json } = await post('signup', body);
    expect([status, json().code], JSON.stringify(body)).toEqual([400, 'invalid_request']);
  }
});

test('a closed sign-up is refused with its reason', async () => {
  const { db } = door.database;
  const connection = await ensureDefaultConnection(db, new Date());
  const set = (disable_signup: boolean) =>
    updateConnection(
      db,
      connection.id,
      { options: { ...connection.options, disable_signup } },
      new Date(),
    );
  await set(true);
  const { status, json } = await post('signup', {
    connection: CONNECTION,
    email: aPerson().email,
    password: aPassword(),
  });
  await set(false);
  expect([status, json().code]).toEqual([400, 'public_signup']);
});

test('a forgotten password gets the same answer for everybody', async () => {
  const { email } = aPerson();
  await post('signup', { connection: CONNECTION, email, password: aPassword() });
  for (const address of [email, 'nobody@example.test']) {
    enqueued.length = 0;
    const body = { client_id: clientId, connection: CONNECTION, email: address };
    const answer = await post('change_password', body);
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([
      200,
      'text/html; charset=utf-8',
      "We've just sent you an email to reset your password.",
    ]);
    expect(enqueued).toHaveLength(1);
    expect(enqueued[0]?.data).toMatchObject({ email: address, clientId });
  }
  const empty = await post('change_password', { connection: CONNECTION });
  expect(empty.status).toBe(400);
});

test('a connection without self-service reset gives the same answer, and nothing happens', async () => {
  const { db } = door.database;
  const connection = await ensureDefaultConnection(db, new Date());
  const { options } = connection;
  const set = (off: boolean) =>
    updateConnection(
      db,
      connection.id,
      { options: { ...options, disable_self_service_change_password: off } },
      new Date(),
    );
  enqueued.length = 0;
  await set(true);
  const answer = await post('change_password', {
    connection: CONNECTION,
    email: 'closed@example.test',
  });
  await set(false);
  expect([answer.status, answer.text]).toEqual([
    200,
    "We've just sent you an email to reset your password.",
  ]);
  expect(enqueued).toEqual([]);
});
