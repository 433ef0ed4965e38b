import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_CONNECTION } from '../../src/records/connections/connections.ts';
import { savePayload } from '../../src/records/oidc-payloads/oidc-payloads.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { type Answer, type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;

beforeAll(async () => {
  api = await startManagementApi();
});

const pathOf = (id: string, more = '') => `/users/${encodeURIComponent(id)}${more}`;

async function aUser(more: object = {}): Promise<{ user_id: string; email: string }> {
  const { status, body } = await api.call('POST', '/users', {
    connection: DEFAULT_CONNECTION,
    email: aPerson().email,
    verify_email: false,
    ...more,
  });
  expect(status).toBe(201);
  return body;
}

function refusal({ status, body }: Answer) {
  return [status, body.message, body.errorCode];
}

/** A user with sessions. */
async function signedIn(userId: string): Promise<void> {
  await savePayload(api.database.db, api.keys.encryption, {
    model: 'RefreshToken',
    id: `a-token-of-${userId}`,
    payload: {},
    accountId: userId,
    clientId: null,
    grantId: null,
    uid: null,
    expiresAt: null,
    now: new Date(),
  });
}

async function rowsOf(table: string, column: string, userId: string): Promise<number> {
  const rows = await api.database.db
    .withTables<Record<string, Record<string, string>>>()
    .selectFrom(table)
    .selectAll()
    .where(column, '=', userId)
    .execute();
  return rows.length;
}

describe('a list of fields', () => {
  test.each([
    '/users?',
    '/users?take=1&',
    '/users-by-email?email=x%40example.test&',
    '/users/auth0%7Cx?',
  ])('in %s accepts only names of user fields', async (path) => {
    const answer = await api.call('GET', `${path}fields=email,shoe_size`);
    expect(answer.status).toBe(400);
    expect(answer.body.errorCode).toBe('invalid_query_string');
    expect(answer.body.message).toMatch(
      /^Query validation error: 'String 'email,shoe_size' does not match pattern\. Must be a comma separated list of the following values: .*user_id/,
    );
  });

  test('includes or excludes its fields', async () => {
    const user = await aUser({ given_name: 'Grace' });
    const kept = await api.call('GET', pathOf(user.user_id, '?fields=user_id,given_name'));
    expect(kept.body).toEqual({ user_id: user.user_id, given_name: 'Grace' });
    const without = '?fields=identities,picture&include_fields=false';
    const { body } = await api.call('GET', pathOf(user.user_id, without));
    expect(Object.keys(body)).toContain('given_name');
    expect(Object.keys(body)).not.toContain('identities');
  });
});

describe('a PATCH', () => {
  test('with unknown or read-only fields is refused', async () => {
    const { user_id: id } = await aUser();
    await api.call('POST', '/connections', { name: 'elsewhere', strategy: 'auth0' });
    const patch = async (body: object) => refusal(await api.call('PATCH', pathOf(id), body));
    expect(await patch({ name: 'G', connection: 'nowhere' })).toEqual([
      400,
      'Connection does not exist.',
      'inexistent_connection',
    ]);
    expect(await patch({ name: 'G', connection: 'elsewhere' })).toEqual([
      400,
      'Connection is not supported for this operation.',
      'operation_not_supported',
    ]);
    expect(await patch({ username: 'grace' })).toEqual([
      400,
      'Cannot set username for connection without requires_username.',
      'invalid_body',
    ]);
    expect(await patch({ verify_email: true, client_id: 'nobody' })).toEqual([
      400,
      'The client does not exist',
      'invalid_body',
    ]);
    const fine = await api.call('PATCH', pathOf(id), { name: 'G', connection: DEFAULT_CONNECTION });
    expect([fine.status, fine.body.name]).toEqual([200, 'G']);
  });

  test('of blocked ends the sessions, and any other keeps them', async () => {
    const { user_id: id } = await aUser();
    await signedIn(id);
    await api.call('PATCH', pathOf(id), { nickname: 'gh' });
    expect(await rowsOf('oidc_payloads', 'account_id', id)).toBe(1);
    await api.call('PATCH', pathOf(id), { blocked: true });
    expect(await rowsOf('oidc_payloads', 'account_id', id)).toBe(0);
  });

  test('with a password from the history is refused', async () => {
    const connection = 'with-history';
    await api.call('POST', '/connections', {
      name: connection,
      strategy: 'auth0',
      enabled_clients: ['bootstrap'],
      options: { passwordPolicy: 'good', password_history: { enable: true, size: 2 } },
    });
    const [first, second, third] = [aPassword(), `2${aPassword()}`, `3${aPassword()}`];
    const { user_id: id } = await aUser({ connection, password: first });
    const set = async (password: string) =>
      refusal(await api.call('PATCH', pathOf(id), { password }));
    const used = [400, 'PasswordHistoryError: Password has previously been used', 'invalid_body'];
    expect(await set(first)).toEqual(used);
    expect(await set(second)).toEqual([200, undefined, undefined]);
    expect(await set(first)).toEqual(used);
    expect(await set(third)).toEqual([200, undefined, undefined]);
    expect(await set(first)).toEqual([200, undefined, undefined]);
  });
});

describe('a verification mail', () => {
  async function lastTicket(userId: string) {
    const [ticket] = await api.database.db
      .withTables<{
        tickets: {
          user_id: string;
          client_id: string | null;
          result_url: string | null;
          created_at: Date;
          expires_at: Date;
        };
      }>()
      .selectFrom('tickets')
      .select(['client_id', 'result_url', 'created_at', 'expires_at'])
      .where('user_id', '=', userId)
      .orderBy('created_at', 'desc')
      .execute();
    return ticket;
  }

  test("names the given application and leads to the template's target", async () => {
    const client = (await api.call('POST', '/clients', { name: 'Ink', callbacks: [] })).body;
    await api.call('POST', '/email-templates', {
      template: 'verify_email',
      body: '{{ url }}',
      from: 'ink@example.test',
      subject: 'Confirm',
      syntax: 'liquid',
      enabled: true,
      urlLifetimeInSeconds: 60,
      resultUrl: 'https://ink.example/{{ application.clientID }}',
    });
    const user = await aUser();
    const asked = { user_id: user.user_id, client_id: client.client_id };
    const { status, body } = await api.call('POST', '/jobs/verification-email', asked);
    expect([status, body]).toEqual([
      201,
      {
        type: 'verification_email',
        status: 'pending',
        created_at: expect.any(String),
        id: expect.stringMatching(/^job_[A-Za-z0-9]{16}$/),
      },
    ]);
    const job = await api.call('GET', `/jobs/${body.id}`);
    expect(job.body).toEqual({ ...body, status: 'completed' });
    expect((await api.call('GET', `/jobs/${body.id}/errors`)).status).toBe(204);
    const ticket = await lastTicket(user.user_id);
    expect(ticket).toMatchObject({
      client_id: client.client_id,
      result_url: `https://ink.example/${client.client_id}`,
    });
    const life = (ticket?.expires_at.getTime() ?? 0) - (ticket?.created_at.getTime() ?? 0);
    expect(life).toBe(60_000);
  });

  test('is refused for unknown objects', async () => {
    const { user_id } = await aUser();
    const [provider, localId] = user_id.split('|');
    const ask = async (more: object) =>
      refusal(await api.call('POST', '/jobs/verification-email', { user_id, ...more }));
    const wrong = (message: string) => [400, message, 'invalid_body'];
    expect(await ask({ client_id: 'nobody' })).toEqual(wrong('The client does not exist'));
    expect(await ask({ organization_id: 'org_0123456789abcdef' })).toEqual(
      wrong('The organization does not exist'),
    );
    expect(await ask({ identity: { user_id: 'x', provider } })).toEqual(
      wrong('The user exists, but does not contain the given identity.'),
    );
    const nowhere = { user_id: localId, provider, connection_id: 'con_0123456789abcdef' };
    expect(await ask({ identity: nowhere })).toEqual(wrong('Identity connection does not exist.'));
    expect(await ask({ identity: { user_id: localId, provider } })).toEqual([
      201,
      undefined,
      undefined,
    ]);
    expect(await ask({ user_id: 'auth0|nobody' })).toEqual([
      404,
      'The user does not exist.',
      'inexistent_user',
    ]);
  });
});

test('DELETE removes everything that gives access, and answers the same twice', async () => {
  const user = await aUser({ password: aPassword() });
  const id = user.user_id;
  await signedIn(id);
  await api.call('POST', '/tickets/password-change', { user_id: id });
  const invited = await api.call('POST', '/invitations', {
    connection: DEFAULT_CONNECTION,
    recipients: [user.email],
    return_links: true,
  });
  expect(invited.status).toBe(200);
  const tables = ['passwords', 'tickets', 'invitations'];
  for (const table of tables)
    expect([table, await rowsOf(table, 'user_id', id)]).toEqual([table, 1]);
  expect((await api.call('DELETE', pathOf(id))).status).toBe(204);
  for (const table of tables)
    expect([table, await rowsOf(table, 'user_id', id)]).toEqual([table, 0]);
  expect(await rowsOf('oidc_payloads', 'account_id', id)).toBe(0);
  expect((await api.call('DELETE', pathOf(id))).status).toBe(204);
  expect((await api.call('GET', pathOf(id))).status).toBe(404);
});

test('a user is deleted by e-mail from one connection only', async () => {
  const { body: other } = await api.call('POST', '/connections', {
    name: 'next-door',
    strategy: 'auth0',
    enabled_clients: ['bootstrap'],
  });
  const { email, user_id: id } = await aUser();
  await aUser({ connection: 'next-door', email });
  const remove = (connection: string, address: string) =>
    api.call('DELETE', `/connections/${connection}/users?email=${encodeURIComponent(address)}`);
  expect((await remove(other.id, email.toUpperCase())).status).toBe(204);
  expect((await remove(other.id, email)).status).toBe(204);
  const left = await api.call('GET', `/users-by-email?email=${encodeURIComponent(email)}`);
  expect(left.body.map((each: { user_id: string }) => each.user_id)).toEqual([id]);
  expect(refusal(await remove('con_0123456789abcdef', email))).toEqual([
    404,
    'The connection does not exist',
    'inexistent_connection',
  ]);
  expect((await api.call('DELETE', `/connections/${other.id}/users`)).status).toBe(400);
});

test('an invitation may lead to an application of any scheme, but not to a script', async () => {
  const invite = (resultUrl: string) =>
    api.call('POST', '/invitations', {
      connection: DEFAULT_CONNECTION,
      recipients: [aPerson().email],
      return_links: true,
      result_url: resultUrl,
    });
  expect((await invite('com.example.app://welcome')).status).toBe(200);
  const { status, body } = await invite('javascript:alert(1)');
  expect([status, body.message]).toEqual([
    400,
    "Payload validation error: 'Object didn't pass validation for format callback-url: javascript:alert(1)' on property result_url (URL to which people are redirected after they set their password).",
  ]);
});
