import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson, atOnce } from '../harness/factories.ts';
import { DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;
let clientId: string;
let clientSecret: string;
let connectionId: string;
let otherConnectionId: string;

type Identity = {
  connection: string;
  user_id: string;
  provider: string;
  isSocial: boolean;
  profileData?: Record<string, unknown>;
};
type User = {
  user_id: string;
  email: string;
  identities: Identity[];
  [key: string]: unknown;
};

const OTHER = 'another-store';
const pathOf = (id: string, more = '') => `/api/v2/users/${encodeURIComponent(id)}${more}`;

beforeAll(async () => {
  server = await startServer();
  const client = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    '/api/v2/clients',
    {
      name: 'App',
      app_type: 'regular_web',
      grant_types: ['password', 'http://auth0.com/oauth/grant-type/password-realm'],
    },
  );
  expect(client.status).toBe(201);
  clientId = client.body.client_id;
  clientSecret = client.body.client_secret;
  const { body } = await server.api<{ id: string }[]>(
    'GET',
    `/api/v2/connections?name=${DEFAULT_CONNECTION}`,
  );
  connectionId = body[0]?.id ?? '';
  await server.api('PATCH', `/api/v2/connections/${connectionId}/clients`, [
    { client_id: clientId, status: true },
  ]);
  const other = await server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: OTHER,
    strategy: 'auth0',
    enabled_clients: [clientId],
  });
  otherConnectionId = other.body.id;
});

async function aUser(more: object = {}): Promise<User> {
  const { status, body } = await server.api<User>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email: aPerson().email,
    verify_email: false,
    ...more,
  });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body;
}

const link = (primary: string, secondary: string, more: object = {}) =>
  server.api<Identity[] & { message?: string }>('POST', pathOf(primary, '/identities'), {
    provider: 'auth0',
    user_id: secondary,
    ...more,
  });

/** Returns the user who logs in with this password, from the token of the password grant. */
async function logIn(email: string, password: string, realm = DEFAULT_CONNECTION) {
  const response = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      realm,
      client_id: clientId,
      client_secret: clientSecret,
      username: email,
      password,
      scope: 'openid email',
    }),
  });
  const body = (await response.json()) as { id_token?: string; error_description?: string };
  const claims = body.id_token?.split('.')[1];
  return {
    status: response.status,
    sub: claims ? JSON.parse(Buffer.from(claims, 'base64url').toString()).sub : undefined,
    error: body.error_description,
    idToken: body.id_token,
  };
}

describe('linking', () => {
  test('merges two users into one: the second disappears and its password keeps working', async () => {
    const [first, second] = [aPassword(), aPassword()];
    const primary = await aUser({ password: first, user_metadata: { of: 'primary' } });
    const secondary = await aUser({
      password: second,
      given_name: 'Second',
      user_metadata: { of: 'secondary' },
    });
    const answer = await link(primary.user_id, secondary.user_id);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual([
      expect.objectContaining({
        connection: DEFAULT_CONNECTION,
        provider: 'auth0',
        user_id: primary.user_id.slice(6),
        isSocial: false,
      }),
      {
        connection: DEFAULT_CONNECTION,
        provider: 'auth0',
        user_id: secondary.user_id.slice(6),
        isSocial: false,
        profileData: expect.objectContaining({
          email: secondary.email,
          email_verified: false,
          given_name: 'Second',
        }),
      },
    ]);
    expect((await server.api('GET', pathOf(secondary.user_id))).status).toBe(404);
    const { body } = await server.api<User>('GET', pathOf(primary.user_id));
    expect(body.identities).toHaveLength(2);
    expect(body.identities[0]).not.toHaveProperty('profileData');
    expect(body.user_metadata).toEqual({ of: 'primary' });

    expect(await logIn(primary.email, first)).toMatchObject({ status: 200, sub: primary.user_id });
    expect(await logIn(secondary.email, second)).toMatchObject({
      status: 200,
      sub: primary.user_id,
    });
    expect((await logIn(secondary.email, first)).status).toBe(403);
    expect((await logIn(primary.email, second)).status).toBe(403);
  });

  test('leaves the user searchable by the e-mail and the id of the identity', async () => {
    const primary = await aUser();
    const secondary = await aUser({ connection: OTHER });
    const bare = secondary.user_id.slice(6);
    const answer = await link(primary.user_id, bare, { connection_id: otherConnectionId });
    expect(answer.status).toBe(201);
    const found = async (path: string) =>
      (await server.api<User[]>('GET', path)).body.map((user) => user.user_id);
    expect(
      await found(`/api/v2/users-by-email?email=${encodeURIComponent(secondary.email)}`),
    ).toEqual([primary.user_id]);
    const search = (q: string) => found(`/api/v2/users?q=${encodeURIComponent(q)}`);
    expect(await search(`identities.user_id:"${bare}"`)).toEqual([primary.user_id]);
    expect(await search(`identities.connection:"${OTHER}"`)).toEqual([primary.user_id]);
    expect(await search(`identities.profileData.email:"${secondary.email}"`)).toEqual([
      primary.user_id,
    ]);
    expect(await search(`user_id:"${secondary.user_id}"`)).toEqual([]);
  });

  test("ends the second user's sessions and tokens", async () => {
    const primary = await aUser();
    const secondary = await aUser();
    const role = await server.api<{ id: string }>('POST', '/api/v2/roles', {
      name: `role-of-${secondary.user_id}`,
    });
    await server.api('POST', pathOf(secondary.user_id, '/roles'), { roles: [role.body.id] });
    const invited = await server.api('POST', '/api/v2/invitations', {
      recipients: [{ email: secondary.email }],
    });
    expect(invited.status).toBeLessThan(300);
    expect((await link(primary.user_id, secondary.user_id)).status).toBe(201);
    const { rows } = await server.app.database.execute(
      `select (select count(*)::int from invitations where user_id = $1) as invitations,
        (select count(*)::int from user_roles where user_id = $1) as roles,
        (select count(*)::int from tickets where user_id = $1) as tickets`,
      [secondary.user_id],
    );
    expect(rows[0]).toEqual({ invitations: 0, roles: 0, tickets: 0 });
  });

  test('of one user to two others at once succeeds for one of them', async () => {
    const secondary = await aUser({ password: aPassword() });
    const primaries = await Promise.all(Array.from({ length: 4 }, () => aUser()));
    const answers = await atOnce(16, (index) =>
      link(primaries[index % 4]?.user_id ?? '', secondary.user_id),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(15).fill(409)]);
    const lost = answers.find((answer) => answer.status === 409);
    expect(lost?.body.message).toBe('Specified identity already exists.');
    const shown = await Promise.all(
      primaries.map(
        async (primary) => (await server.api<User>('GET', pathOf(primary.user_id))).body,
      ),
    );
    expect(shown.map((user) => user.identities.length).sort()).toEqual([1, 1, 1, 2]);
  });

  test('of two users with each other at once leaves one user', async () => {
    const [a, b] = [await aUser(), await aUser()];
    const answers = await atOnce(2, (index) =>
      index === 0 ? link(a.user_id, b.user_id) : link(b.user_id, a.user_id),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    const there = await Promise.all(
      [a, b].map(async (user) => (await server.api('GET', pathOf(user.user_id))).status),
    );
    expect(there.sort()).toEqual([200, 404]);
  });

  test('takes earlier linked identities along', async () => {
    const [a, b, c] = [await aUser(), await aUser(), await aUser()];
    await link(b.user_id, c.user_id);
    const { body } = await link(a.user_id, b.user_id);
    expect(body.map((identity) => identity.user_id).sort()).toEqual(
      [a, b, c].map((user) => user.user_id.slice(6)).sort(),
    );
  });

  test.each([
    ['oneself', (id: string) => [id, {}], 400, 'Main identity and the new one are the same.'],
    [
      'an unknown user of an unknown provider',
      () => ['123', { provider: 'github' }],
      400,
      'Linking to an inexistent identity requires a connection.',
    ],
    [
      'a connection of another provider',
      () => ['123', { provider: 'github', connection_id: 'CONNECTION' }],
      400,
      'The provider/connection is not configured.',
    ],
    [
      'an unknown database user',
      () => ['nobody', { connection_id: 'CONNECTION' }],
      404,
      'The user does not exist.',
    ],
    [
      'an unknown property',
      () => ['nobody', { role: 'admin' }],
      400,
      "Payload validation error: 'Additional properties not allowed: role'.",
    ],
  ] as const)('with %s is refused', async (_what, make, status, message) => {
    const user = await aUser();
    const [id, more] = make(user.user_id);
    const body = JSON.parse(JSON.stringify(more).replaceAll('CONNECTION', connectionId));
    const answer = await link(user.user_id, String(id), body);
    expect([answer.status, answer.body.message]).toEqual([status, message]);
  });
});

describe('a linked identity', () => {
  test('keeps its address against creation, sign-up and import', async () => {
    const [primary, secondary] = [await aUser(), await aUser()];
    await link(primary.user_id, secondary.user_id);
    const again = await server.api('POST', '/api/v2/users', {
      connection: DEFAULT_CONNECTION,
      email: secondary.email,
    });
    expect(again.status).toBe(409);
    const signUp = await fetch(`${server.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: clientId,
        connection: DEFAULT_CONNECTION,
        email: secondary.email,
        password: aPassword(),
      }),
    });
    expect(signUp.status).toBe(400);
    const form = new FormData();
    form.set('connection_id', connectionId);
    form.set('upsert', 'true');
    form.set('users', new Blob([JSON.stringify([{ email: secondary.email, name: 'New' }])]));
    const job = await server.api<{ id: string }>('POST', '/api/v2/jobs/users-imports', form);
    const errors = await waitFor(job.body.id);
    expect(errors).toEqual([
      expect.objectContaining({ errors: [expect.objectContaining({ code: 'CONFLICT_EMAIL' })] }),
    ]);
    const { rows } = await server.app.database.execute(
      'select count(*)::int as n from users where email = $1',
      [secondary.email],
    );
    expect(rows[0]).toEqual({ n: 1 });
  });

  test('gets a new e-mail and a new password through its connection', async () => {
    const primary = await aUser({ password: aPassword() });
    const secondary = await aUser({ connection: OTHER, password: aPassword() });
    await link(primary.user_id, secondary.user_id, { connection_id: otherConnectionId });
    const password = aPassword();
    const set = await server.api<User>('PATCH', pathOf(primary.user_id), {
      connection: OTHER,
      password,
    });
    expect(set.status).toBe(200);
    expect((await logIn(secondary.email, password, OTHER)).sub).toBe(primary.user_id);
    const email = aPerson().email;
    const moved = await server.api<User>('PATCH', pathOf(primary.user_id), {
      connection: OTHER,
      email,
    });
    expect(moved.body.email).toBe(primary.email);
    expect(moved.body.identities[1]?.profileData).toMatchObject({ email, email_verified: false });
    expect((await logIn(email, password, OTHER)).sub).toBe(primary.user_id);
    const profile = await server.api<{ message: string }>('PATCH', pathOf(primary.user_id), {
      connection: OTHER,
      nickname: 'x',
    });
    expect([profile.status, profile.body.message]).toEqual([
      400,
      'The following user attributes cannot be updated: nickname. The specified connection belongs to a secondary identity.',
    ]);
  });

  test('stays blocked, also after it is a user again', async () => {
    const password = aPassword();
    const primary = await aUser();
    const secondary = await aUser({ password, blocked: true });
    await link(primary.user_id, secondary.user_id);
    expect((await logIn(secondary.email, password)).status).not.toBe(200);
    await server.api(
      'DELETE',
      pathOf(primary.user_id, `/identities/auth0/${secondary.user_id.slice(6)}`),
    );
    const { body } = await server.api<User>('GET', pathOf(secondary.user_id));
    expect(body.blocked).toBe(true);
    expect((await logIn(secondary.email, password)).status).not.toBe(200);
  });

  test('is a separate user again after unlinking, with its profile and its password', async () => {
    const password = aPassword();
    const primary = await aUser();
    const secondary = await aUser({ password, given_name: 'Own', user_metadata: { a: 1 } });
    await link(primary.user_id, secondary.user_id);
    const bare = secondary.user_id.slice(6);
    const answer = await server.api<Identity[]>(
      'DELETE',
      pathOf(primary.user_id, `/identities/auth0/${bare}`),
    );
    expect(answer.status).toBe(200);
    expect(answer.body.map((identity) => identity.user_id)).toEqual([primary.user_id.slice(6)]);
    const { body } = await server.api<User>('GET', pathOf(secondary.user_id));
    expect(body).toMatchObject({ email: secondary.email, given_name: 'Own' });
    expect(body).not.toHaveProperty('user_metadata');
    expect((await logIn(secondary.email, password)).sub).toBe(secondary.user_id);
    const main = await server.api<{ message: string }>(
      'DELETE',
      pathOf(primary.user_id, `/identities/auth0/${primary.user_id.slice(6)}`),
    );
    expect([main.status, main.body.message]).toEqual([400, 'Main identity cannot be removed.']);
  });

  test('is deleted with its user', async () => {
    const [primary, secondary] = [await aUser(), await aUser()];
    await link(primary.user_id, secondary.user_id);
    expect((await server.api('DELETE', pathOf(secondary.user_id))).status).toBe(204);
    expect((await server.api('GET', pathOf(primary.user_id))).status).toBe(200);
    expect((await server.api('DELETE', pathOf(primary.user_id))).status).toBe(204);
    const { rows } = await server.app.database.execute(
      'select count(*)::int as n from users where id = any($1)',
      [[primary.user_id, secondary.user_id]],
    );
    expect(rows[0]).toEqual({ n: 0 });
  });
});

async function waitFor(jobId: string): Promise<unknown> {
  for (;;) {
    const { body } = await server.api<{ status: string }>('GET', `/api/v2/jobs/${jobId}`);
    if (body.status === 'completed' || body.status === 'failed') break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return (await server.api('GET', `/api/v2/jobs/${jobId}/errors`)).body;
}
