import { generateKeyPairSync } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type Management, ManagementClient } from 'auth0';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultConnectionId } from '../harness/application.ts';
import { aPassword, aPerson } from '../harness/factories.ts';
import { BOOTSTRAP, DEFAULT_CONNECTION, eventually, type TestServer } from '../harness/harness.ts';
import { registerClient } from '../harness/registered.ts';
import { type Certificate, startTlsServer } from './https.ts';

let server: TestServer;
let certificate: Certificate;
let management: ManagementClient;
let connectionId: string;

beforeAll(async () => {
  ({ server, certificate } = await startTlsServer());
  management = new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
  connectionId = await defaultConnectionId(server);
});

afterAll(() => certificate?.remove());

const create = (more: object = {}) =>
  management.users.create({
    connection: DEFAULT_CONNECTION,
    email: aPerson().email,
    verify_email: false,
    ...more,
  });

describe('users', () => {
  test('are created, read, changed and deleted', async () => {
    const { email } = aPerson();
    const made = await create({
      email,
      password: aPassword(),
      given_name: 'Ada',
      user_metadata: { color: 'blue', size: 3 },
      app_metadata: { plan: 'gold' },
    });
    const id = made.user_id ?? '';
    expect(made).toMatchObject({ email, email_verified: false, name: email, given_name: 'Ada' });
    const changed = await management.users.update(id, {
      nickname: 'ada',
      given_name: null,
      user_metadata: { size: null, shape: 'round' },
    });
    expect(changed).toMatchObject({
      nickname: 'ada',
      user_metadata: { color: 'blue', shape: 'round' },
    });
    expect(changed).not.toHaveProperty('given_name');
    const partial = await management.users.get(id, { fields: 'email,app_metadata' });
    expect(partial).toEqual({ email, app_metadata: { plan: 'gold' } });
    expect(await management.users.listUsersByEmail({ email })).toHaveLength(1);
    await management.users.delete(id);
    await expect(management.users.get(id)).rejects.toMatchObject({
      statusCode: 404,
      body: {
        statusCode: 404,
        error: 'Not Found',
        message: 'The user does not exist.',
        errorCode: 'inexistent_user',
      },
    });
    await management.users.delete(id);
  });

  test('are refused in the documented words', async () => {
    const { email } = aPerson();
    const { user_id: id = '' } = await create({ email, password: aPassword() });
    const refused = (statusCode: number, message: string, errorCode: string) => ({
      statusCode,
      body: { statusCode, error: expect.any(String), message, errorCode },
    });
    await expect(create({ email })).rejects.toMatchObject(
      refused(409, 'The user already exists.', 'auth0_idp_error'),
    );
    await expect(create({ password: 'short' })).rejects.toMatchObject(
      refused(400, 'PasswordStrengthError: Password is too weak', 'invalid_body'),
    );
    await expect(create({ connection: 'nowhere' })).rejects.toMatchObject(
      refused(400, 'The connection does not exist.', 'inexistent_connection'),
    );
    await expect(
      management.users.update(id, { password: aPassword(), email: aPerson().email }),
    ).rejects.toMatchObject(
      refused(400, 'Cannot update password and email simultaneously', 'operation_not_supported'),
    );
    await expect(management.users.update(id, { email: 'nobody' })).rejects.toMatchObject({
      statusCode: 400,
      body: {
        message:
          "Payload validation error: 'Object didn't pass validation for format email: nobody' on property email (The user's email).",
      },
    });
    const { email: other = '' } = await create();
    await expect(management.users.update(id, { email: other })).rejects.toMatchObject(
      refused(400, 'The specified new email already exists', 'auth0_idp_error'),
    );
  });

  test('are listed page by page, and found by a search', async () => {
    for (let i = 0; i < 5; i++) await create({ app_metadata: { group: 'listed' } });
    const found: string[] = [];
    const q = 'app_metadata.group:"listed"';
    for await (const user of await management.users.list({ q, per_page: 2 })) {
      found.push(user.user_id ?? '');
    }
    expect(new Set(found).size).toBe(5);
    const page = await management.users.list({ q, per_page: 2, page: 2 });
    expect(page.data).toHaveLength(1);
    await expect(management.users.list({ q: 'email:(' })).rejects.toMatchObject({
      statusCode: 400,
      body: { errorCode: 'invalid_query_string' },
    });
    await expect(management.users.list({ page: 10, per_page: 100 })).rejects.toMatchObject({
      statusCode: 400,
      body: {
        message:
          'You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation',
      },
    });
  });

  test('have several identities', async () => {
    const [primary, secondary] = [await create(), await create()];
    const [id, other] = [primary.user_id ?? '', secondary.user_id ?? ''];
    const linked = await management.users.identities.link(id, {
      provider: 'auth0',
      user_id: other,
    });
    expect(linked.map((userIdentity) => userIdentity.user_id)).toEqual([
      id.slice(6),
      other.slice(6),
    ]);
    expect((await management.users.get(id)).identities).toHaveLength(2);
    await expect(
      management.users.identities.link(id, { provider: 'auth0', user_id: id }),
    ).rejects.toMatchObject({
      statusCode: 400,
      body: { message: 'Main identity and the new one are the same.' },
    });
    const left = await management.users.identities.delete(id, 'auth0', other.slice(6));
    expect(left).toHaveLength(1);
    expect((await management.users.get(other)).email).toBe(secondary.email);
  });

  test('act on their own account with a token of their own', async () => {
    const { id: clientId, secret: clientSecret } = await registerClient(server, {
      name: 'Own account',
      app_type: 'regular_web',
      grant_types: ['password', 'http://auth0.com/oauth/grant-type/password-realm'],
    });
    const tokensOf = async (username: string, password: string) => {
      const response = await fetch(`${server.url}/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
          realm: DEFAULT_CONNECTION,
          client_id: clientId,
          client_secret: clientSecret,
          username,
          password,
          audience: `${server.url}/api/v2/`,
          scope:
            'openid read:current_user update:current_user_metadata update:current_user_identities read:users update:users',
        }),
      });
      return (await response.json()) as { access_token: string; id_token: string; scope: string };
    };
    const password = aPassword();
    const own = await create({ password });
    const other = await create({ password });
    const id = own.user_id ?? '';
    const mine = await tokensOf(own.email ?? '', password);
    const claims = JSON.parse(
      Buffer.from(mine.access_token.split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(claims.scope.split(' ').sort()).toEqual([
      'openid',
      'read:current_user',
      'update:current_user_identities',
      'update:current_user_metadata',
    ]);
    const me = new ManagementClient({
      domain: new URL(server.url).host,
      token: mine.access_token,
    });
    expect((await me.users.get(id)).email).toBe(own.email);
    const changed = await me.users.update(id, { user_metadata: { theme: 'dark' } });
    expect(changed.user_metadata).toEqual({ theme: 'dark' });
    const mismatch = {
      statusCode: 403,
      body: { message: 'User to be acted on does not match subject in bearer token.' },
    };
    await expect(me.users.get(other.user_id ?? '')).rejects.toMatchObject(mismatch);
    await expect(
      me.users.update(other.user_id ?? '', { user_metadata: { theme: 'dark' } }),
    ).rejects.toMatchObject(mismatch);
    for (const body of [
      { blocked: false },
      { app_metadata: { admin: true } },
      { user_metadata: {}, email_verified: true },
    ]) {
      await expect(me.users.update(id, body)).rejects.toMatchObject({
        statusCode: 403,
        body: { errorCode: 'insufficient_scope' },
      });
    }
    await expect(me.users.list()).rejects.toMatchObject({ statusCode: 403 });
    await expect(me.users.delete(id)).rejects.toMatchObject({ statusCode: 403 });

    // A link needs proof that the other account belongs to the user.
    await expect(
      me.users.identities.link(id, { provider: 'auth0', user_id: other.user_id ?? '' }),
    ).rejects.toMatchObject({ statusCode: 403 });
    const theirs = await tokensOf(other.email ?? '', password);
    await expect(
      me.users.identities.link(id, { link_with: theirs.access_token }),
    ).rejects.toMatchObject({
      statusCode: 400,
      body: {
        message:
          "JWT (link_with) must have an aud claim that matches that of the calling token's azp.",
      },
    });
    const [head, , signature] = theirs.id_token.split('.');
    const forged = Buffer.from(
      JSON.stringify({
        iss: `${server.url}/`,
        aud: clientId,
        sub: other.user_id,
        iat: 1,
        exp: 9_999_999_999,
      }),
    ).toString('base64url');
    await expect(
      me.users.identities.link(id, { link_with: `${head}.${forged}.${signature}` }),
    ).rejects.toMatchObject({ statusCode: 400, body: { message: 'Invalid token (link_with).' } });
    const linked = await me.users.identities.link(id, { link_with: theirs.id_token });
    expect(linked).toHaveLength(2);
  });
});

describe('connections', () => {
  test('are created, listed, changed and deleted', async () => {
    const made = await management.connections.create({
      name: 'sdk-database',
      strategy: 'auth0',
      options: { passwordPolicy: 'excellent', disable_signup: true },
    });
    const id = made.id ?? '';
    expect(made).toMatchObject({
      name: 'sdk-database',
      strategy: 'auth0',
      realms: ['sdk-database'],
    });
    const changed = await management.connections.update(id, {
      display_name: 'Database',
      options: { passwordPolicy: 'fair' },
    });
    expect(changed).toMatchObject({
      display_name: 'Database',
      options: { passwordPolicy: 'fair' },
    });
    expect(changed.options).not.toHaveProperty('disable_signup');
    const names: string[] = [];
    for await (const connectionForList of await management.connections.list({ take: 1 })) {
      names.push(connectionForList.name ?? '');
    }
    expect(names).toContain('sdk-database');
    const codes = await management.connections.create({
      name: 'sdk-codes',
      strategy: 'email',
      options: { disable_signup: true },
    });
    expect(codes.options).toMatchObject({ disable_signup: true });
    const byStrategy = await management.connections.list({ strategy: ['email'] });
    expect(byStrategy.data.map((connectionForList) => connectionForList.name)).toEqual([
      'sdk-codes',
    ]);
    await expect(
      management.connections.create({ name: 'sdk-github', strategy: 'github' }),
    ).rejects.toMatchObject({ statusCode: 400, body: { errorCode: 'invalid_body' } });
    await management.connections.delete(id);
    await management.connections.delete(id);
    await expect(management.connections.get(id)).rejects.toMatchObject({
      statusCode: 404,
      body: { message: 'The connection does not exist', errorCode: 'inexistent_connection' },
    });
    await expect(
      management.connections.create({ name: 'sdk-codes', strategy: 'email' }),
    ).rejects.toMatchObject({
      statusCode: 409,
      body: { message: 'A connection with the same name already exists' },
    });
    await expect(management.connections.checkStatus(codes.id ?? '')).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  test('are enabled for clients', async () => {
    const { id = '' } = await management.connections.create({
      name: 'sdk-clients',
      strategy: 'auth0',
    });
    await management.connections.clients.update(id, [{ client_id: BOOTSTRAP.id, status: true }]);
    const enabled = await management.connections.clients.get(id);
    expect(
      enabled.data.map((connectionEnabledClient) => connectionEnabledClient.client_id),
    ).toEqual([BOOTSTRAP.id]);
    await management.connections.clients.update(id, [{ client_id: BOOTSTRAP.id, status: false }]);
    expect((await management.connections.clients.get(id)).data).toEqual([]);
  });
});

describe('connections to identity providers', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pem = String(key.export({ type: 'pkcs8', format: 'pem' }));
  const client = { client_id: 'usher', client_secret: 'a secret of both' };
  const scope = ['email', 'profile'];

  test.each([
    { strategy: 'google-oauth2', options: { ...client, scope, email: true, profile: true } },
    { strategy: 'facebook', options: { ...client, scope: 'email', public_profile: true } },
    { strategy: 'github', options: { ...client, read_user: true, scope: ['user:email'] } },
    { strategy: 'windowslive', options: { ...client, strategy_version: 2, graph_user: true } },
    { strategy: 'linkedin', options: { ...client, strategy_version: 3, openid: true } },
    {
      strategy: 'apple',
      options: { client_id: 'test.app', app_secret: pem, kid: 'K', team_id: 'T', name: true },
    },
    { strategy: 'okta', options: { ...client, domain: 'acme.okta.test', type: 'back_channel' } },
    { strategy: 'google-apps', options: { ...client, domain: 'acme.test', email: true } },
    {
      strategy: 'waad',
      options: { ...client, tenant_domain: 'acme.test', userid_attribute: 'oid' },
    },
    {
      strategy: 'oidc',
      options: {
        ...client,
        discovery_url: 'https://login.acme.test/.well-known/openid-configuration',
        type: 'back_channel',
        connection_settings: { pkce: 'S256' },
      },
    },
  ] as const)('of strategy $strategy are created, read, changed and deleted', async (asked) => {
    const name = `sdk-${asked.strategy}`;
    const made = await management.connections.create({
      name,
      ...asked,
    } as Management.CreateConnectionRequestContent);
    expect(made).toMatchObject({ name, ...asked });
    const id = made.id ?? '';
    expect((await management.connections.get(id)).options).toEqual(asked.options);
    const options = { ...asked.options, set_user_root_attributes: 'on_first_login' as const };
    const changed = await management.connections.update(id, {
      display_name: 'Elsewhere',
      options,
    } as Management.UpdateConnectionRequestContent);
    expect(changed).toMatchObject({ display_name: 'Elsewhere', options });
    await management.connections.delete(id);
  });
});

describe('jobs', () => {
  const finished = (id: string) =>
    eventually(async () => {
      const job = await management.jobs.get(id);
      return job.status === 'completed' || job.status === 'failed' ? job : undefined;
    });

  test('import users and report the errors', async () => {
    const [one, two] = [aPerson(), aPerson()];
    const started = await management.jobs.usersImports.create({
      connection_id: connectionId,
      users: new File([JSON.stringify([one, two, { email: 'nobody' }])], 'users.json'),
    });
    expect(await finished(started.id)).toMatchObject({
      status: 'completed',
      summary: { total: 3, inserted: 2, failed: 1, updated: 0 },
    });
    expect(await management.jobs.errors.get(started.id)).toEqual([
      expect.objectContaining({ errors: [expect.objectContaining({ code: 'FORMAT' })] }),
    ]);
    await expect(management.jobs.get('job_0000000000000000')).rejects.toMatchObject({
      statusCode: 404,
      body: { message: 'Job not found.' },
    });
  });

  test('export users', async () => {
    const person = await create();
    const started = await management.jobs.usersExports.create({
      connection_id: connectionId,
      format: 'csv',
      fields: [{ name: 'email', export_as: 'mail' }],
    });
    expect(started).toMatchObject({ type: 'users_export', status: 'pending', format: 'csv' });
    const job = await finished(started.id);
    const file = await fetch(job.location ?? '');
    const text = gunzipSync(Buffer.from(await file.arrayBuffer())).toString();
    expect(text).toMatch(/^"mail"\r\n/);
    expect(text).toContain(`"'${person.email}"\r\n`);
  });

  test('mail a verification link', async () => {
    const person = await create();
    const job = await management.jobs.verificationEmail.create({ user_id: person.user_id ?? '' });
    expect(job).toMatchObject({ type: 'verification_email', status: 'pending' });
    expect(await finished(job.id)).toMatchObject({ type: 'verification_email' });
    const mail = await eventually(async () =>
      server.sink.mails.find((candidate) => candidate.to.includes(person.email ?? '')),
    );
    expect(mail).toBeDefined();
    await expect(
      management.jobs.verificationEmail.create({
        user_id: person.user_id ?? '',
        identity: { user_id: 'another', provider: 'auth0' },
      }),
    ).rejects.toMatchObject({
      statusCode: 400,
      body: { message: 'The user exists, but does not contain the given identity.' },
    });
  });
});

test('tickets are links to set a password or verify an address', async () => {
  const person = await create();
  const id = person.user_id ?? '';
  const change = await management.tickets.changePassword({ user_id: id });
  expect(change.ticket).toMatch(/^https:\/\/localhost:\d+\/u\/reset-verify\?ticket=\w{32}#?/);
  const confirm = await management.tickets.verifyEmail({ user_id: id });
  expect(confirm.ticket).toMatch(/\/u\/email-verification\?ticket=\w{32}/);
  await expect(management.tickets.verifyEmail({ user_id: 'auth0|nobody' })).rejects.toMatchObject({
    statusCode: 404,
    body: { message: 'The user does not exist.' },
  });
});
