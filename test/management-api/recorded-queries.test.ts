import { beforeAll, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

// Parameters and values that clients of this API send beyond the official document.
let api: ManagementFixture;
const get = async (path: string) => {
  const { status, body } = await api.call('GET', path);
  expect([path, status, body?.message]).toEqual([path, 200, undefined]);
  return body;
};
beforeAll(async () => {
  api = await startManagementApi();
});

test('lists accept the parameters that clients send', async () => {
  const make = async (path: string, body: object) => (await api.call('POST', path, body)).body;
  const client = await make('/clients', { name: 'Lists', app_type: 'regular_web' });
  expect(await get(`/clients/${client.client_id}/credentials?include_totals=true`)).toEqual([]);
  await make('/connections', {
    name: 'lists',
    strategy: 'auth0',
    enabled_clients: [client.client_id],
  });
  const user = await make('/users', {
    connection: 'lists',
    email: 'lists@example.test',
    password: 'a-Passw0rd-of-the-lists!',
  });
  const path = `/users/${encodeURIComponent(user.user_id)}/refresh-tokens`;
  expect(await get(`${path}?per_page=50&include_totals=true`)).toEqual({ tokens: [] });
  const role = await make('/roles', { name: 'lists' });
  expect(await get(`/roles/${role.id}/users?take=2`)).toEqual({ users: [] });
  const organization = await make('/organizations', { name: 'lists' });
  expect(await get(`/organizations/${organization.id}/members?take=2`)).toEqual({ members: [] });
});

test('the default sender may have a name, and never a second line', async () => {
  const credentials = { smtp_host: 'mail.example.test' };
  const from = 'Meadow & Söhne <no-reply@meadow.test>';
  const made = await api.call('POST', '/emails/provider', {
    name: 'smtp',
    credentials,
    default_from_address: from,
  });
  expect([made.status, made.body.default_from_address]).toEqual([201, from]);
  for (const bad of ['Meadow <nobody>', 'a\r\nBcc: x@y.test <a@b.test>', '<>', 'A <a@b.test> B']) {
    const { status, body } = await api.call('PATCH', '/emails/provider', {
      default_from_address: bad,
    });
    expect([bad, status, body.message]).toEqual([
      bad,
      400,
      expect.stringContaining('default_from_address'),
    ]);
  }
});

test('an existing mail template is not created again', async () => {
  const template = {
    template: 'welcome_email',
    body: '',
    from: '',
    subject: '',
    syntax: 'liquid',
    enabled: false,
  };
  const statuses = [];
  for (let i = 0; i < 2; i++) {
    statuses.push((await api.call('POST', '/email-templates', template)).status);
  }
  expect(statuses).toEqual([200, 409]);
});
