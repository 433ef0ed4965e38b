import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/records/clients/clients.ts';
import { findUserByIdentifier } from '../../src/records/users/users.ts';
import { aPassword } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { aVisitor } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';

const active = { identifier: { active: true } };

describe('a hosted page', () => {
  let world: StillWorld;
  let client: Client;

  const withOptions = async (options: Record<string, unknown>, name: string) => {
    const connection = await world.aConnection(options, name);
    client = await world.aClient(connection);
    return connection;
  };

  beforeAll(async () => {
    world = await openStillWorld();
  });

  test('lets users sign up and log in with a phone number', async () => {
    const connection = await withOptions(
      { attributes: { phone_number: { ...active, signup: { status: 'required' } } } },
      'by-phone',
    );
    const visitor = aVisitor(world);
    const page = await visitor.get(`/u/signup?state=${await world.beginLogin(visitor, client.id)}`);
    expect(page.html).toContain('name="phone"');
    expect(page.html).not.toContain('name="email"');
    const password = aPassword();
    const wrong = await visitor.submit(page, { phone: '0171', password });
    expect([wrong.status, wrong.html]).toEqual([400, expect.stringContaining('country code')]);
    const signedUp = await visitor.submit(wrong, { phone: '+49 (171) 555-01', password });
    const user = await findUserByIdentifier(world.db, {
      connectionId: connection.id,
      identifier: '+4917155501',
    });
    expect(user).toMatchObject({ email: null, phoneNumber: '+4917155501' });
    expect((await world.claimsAfter(visitor, signedUp)).sub).toBe(user?.id);

    const later = aVisitor(world);
    const login = await world.openLogin(later, client.id);
    expect(login.html).toContain('Phone number');
    const again = await later.submit(login, { username: '+4917155501', password });
    expect((await world.claimsAfter(later, again)).sub).toBe(user?.id);
  });

  test('lets users omit optional identifiers, but requires one of them', async () => {
    const connection = await withOptions(
      {
        attributes: {
          email: { ...active, signup: { status: 'optional' } },
          username: { ...active, signup: { status: 'optional' } },
        },
      },
      'by-either',
    );
    const visitor = aVisitor(world);
    const page = await visitor.get(`/u/signup?state=${await world.beginLogin(visitor, client.id)}`);
    expect(page.html.match(/\(optional\)/g)).toHaveLength(2);
    const password = aPassword();
    const nothing = await visitor.submit(page, { email: '', username: '', password });
    expect(nothing.status).toBe(400);
    await visitor.submit(nothing, { email: '', username: 'Ada.L', password });
    expect(
      await findUserByIdentifier(world.db, { connectionId: connection.id, identifier: 'ada.l' }),
    ).toMatchObject({ username: 'ada.l', email: null });
  });

  test('logs nobody in with a name that is not an identifier', async () => {
    const connection = await withOptions(
      {
        attributes: {
          email: { identifier: { active: false }, signup: { status: 'required' } },
          username: { ...active, signup: { status: 'required' } },
        },
      },
      'by-username',
    );
    const password = aPassword();
    const user = await world.aUser(connection, { email: 'a@by.test', username: 'anna', password });
    const visitor = aVisitor(world);
    const login = await world.openLogin(visitor, client.id);
    expect((await visitor.submit(login, { username: 'a@by.test', password })).status).toBe(400);
    expect(await world.userIn(visitor, client.id)).toBeNull();
    const again = await world.openLogin(visitor, client.id);
    const answer = await visitor.submit(again, { username: 'anna', password });
    expect((await world.claimsAfter(visitor, answer)).sub).toBe(user.id);
  });

  test('follows the order of precedence between two users with one name from an earlier version', async () => {
    for (const [name, precedence, winner] of [
      ['email-first', ['email', 'username', 'phone_number'], 'of-email'],
      ['username-first', ['username', 'email', 'phone_number'], 'of-username'],
    ] as const) {
      const connection = await withOptions(
        {
          attributes: {
            email: { ...active, signup: { status: 'optional' } },
            username: {
              ...active,
              signup: { status: 'optional' },
              validation: { allowed_types: { email: true }, max_length: 60 },
            },
          },
          precedence,
        },
        name,
      );
      const password = aPassword();
      await world.aUser(connection, {
        localId: `${name}-of-email`,
        email: 'same@x.test',
        password,
      });
      const other = await world.aUser(connection, {
        localId: `${name}-of-username`,
        username: 'other@x.test',
        password,
      });
      await sql`update users set username = 'same@x.test' where id = ${other.id}`.execute(world.db);
      const visitor = aVisitor(world);
      const login = await world.openLogin(visitor, client.id);
      const answer = await visitor.submit(login, { username: 'same@x.test', password });
      expect((await world.claimsAfter(visitor, answer)).sub).toBe(`auth0|${name}-${winner}`);
    }
  });
});

describe('the API', () => {
  let server: TestServer;
  let clientId: string;

  beforeAll(async () => {
    server = await startServer();
    const client = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
      name: 'App',
      app_type: 'spa',
    });
    clientId = client.body.client_id;
    await server.api('POST', '/api/v2/connections', {
      name: 'by-username',
      strategy: 'auth0',
      enabled_clients: [clientId],
      options: {
        attributes: {
          email: { ...active, profile_required: true, signup: { status: 'required' } },
          username: {
            ...active,
            signup: { status: 'optional' },
            validation: { min_length: 3, max_length: 8 },
          },
        },
      },
    });
  });

  const signUp = async (fields: object) => {
    const response = await fetch(`${server.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: clientId,
        connection: 'by-username',
        password: aPassword(),
        ...fields,
      }),
    });
    const body = (await response.json()) as { description?: string; username?: string };
    return [response.status, body.description ?? body.username];
  };

  test("limits usernames to the connection's lengths and accepts no addresses", async () => {
    expect(await signUp({ email: 'one@x.test', username: 'ada' })).toEqual([200, 'ada']);
    expect(await signUp({ email: 'two@x.test' })).toEqual([200, undefined]);
    for (const username of ['ab', 'a-name-too-long', 'a b c', 'a@b.cd', 'ünal']) {
      expect(await signUp({ email: 'three@x.test', username })).toEqual([
        400,
        'username has characters or a length that are not allowed',
      ]);
    }
    expect(await signUp({ username: 'no-mail' })).toEqual([
      400,
      'email is required and must be an e-mail address',
    ]);
  });

  test('has the same rules for operators', async () => {
    const create = async (more: object) => {
      const { status, body } = await server.api<{ message?: string }>('POST', '/api/v2/users', {
        connection: 'by-username',
        ...more,
      });
      return [status, body.message];
    };
    expect(await create({ username: 'nomail' })).toEqual([
      400,
      "Payload validation error: 'Missing required property: email'.",
    ]);
    expect(await create({ email: 'four@x.test', username: 'much-too-long' })).toEqual([
      400,
      "Payload validation error: 'Object didn't pass validation for format username: much-too-long' on property username (The user's username).",
    ]);
    expect(await create({ email: 'four@x.test', username: 'fine' })).toEqual([201, undefined]);
    const plain = await server.api<{ message: string }>('POST', '/api/v2/users', {
      connection: DEFAULT_CONNECTION,
      email: 'five@x.test',
      username: 'five',
    });
    expect(plain.body.message).toBe(
      'Cannot set username for connection without requires_username.',
    );
  });
});
