import { beforeAll, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;

beforeAll(async () => {
  api = await startManagementApi();
});

test('an organization’s metadata is replaced as a whole', async () => {
  const { body } = await api.call('POST', '/organizations', {
    name: 'meadow',
    metadata: { plan: 'gold', size: 'big' },
  });
  const patch = (metadata: object) => api.call('PATCH', `/organizations/${body.id}`, { metadata });
  expect((await patch({ size: 'small', gone: null })).body.metadata).toEqual({ size: 'small' });
  expect((await patch({})).body.metadata).toEqual({});
});

test('one number of a stage changes without the other', async () => {
  const path = '/attack-protection/suspicious-ip-throttling';
  const before = (await api.call('GET', path)).body.stage;
  const first = await api.call('PATCH', path, { stage: { 'pre-login': { max_attempts: 7 } } });
  expect(first.body.stage).toEqual({
    ...before,
    'pre-login': { ...before['pre-login'], max_attempts: 7 },
  });
  const second = await api.call('PATCH', path, { stage: { 'pre-login': { rate: 40_000 } } });
  expect(second.body.stage['pre-login']).toEqual({ max_attempts: 7, rate: 40_000 });
  expect((await api.call('PATCH', path, {})).body).toEqual(second.body);

  const passwords = '/attack-protection/breached-password-detection';
  const stage = { 'pre-user-registration': { shields: ['block'] } };
  await api.call('PATCH', passwords, { stage });
  const kept = await api.call('PATCH', passwords, { stage: { 'pre-user-registration': {} } });
  expect([kept.status, kept.body.stage]).toEqual([
    200,
    { ...stage, 'pre-change-password': { shields: [] } },
  ]);
});

test('an empty change leaves an API and a mail template as they are', async () => {
  const server = await api.call('POST', '/resource-servers', { identifier: 'https://x.test' });
  const same = await api.call('PATCH', `/resource-servers/${server.body.id}`, {});
  expect([same.status, same.body]).toEqual([201, server.body]);
  const template = await api.call('POST', '/email-templates', {
    template: 'welcome_email',
    body: 'Welcome',
    from: '',
    subject: 'Welcome',
    syntax: 'liquid',
    enabled: false,
  });
  const alike = await api.call('PATCH', '/email-templates/welcome_email', {});
  expect([alike.status, alike.body]).toEqual([200, template.body]);
});

test('a change of one ID token setting keeps the others', async () => {
  const made = await api.call('POST', '/clients', {
    name: 'shop',
    jwt_configuration: { lifetime_in_seconds: 600, secret_encoded: false, scopes: {} },
  });
  expect(made.body.jwt_configuration).toMatchObject({ lifetime_in_seconds: 600 });
  const path = `/clients/${made.body.client_id}`;
  const changed = await api.call('PATCH', path, { jwt_configuration: { alg: 'PS256' } });
  expect(changed.body.jwt_configuration).toMatchObject({ alg: 'PS256', lifetime_in_seconds: 600 });
});

test('an export without fields has the profile', async () => {
  const { status, body } = await api.call('POST', '/jobs/users-exports', { fields: [] });
  expect([status, body.status]).toEqual([200, 'pending']);
});

test('a null in metadata removes its key, wherever it is sent', async () => {
  const metadata = { plan: 'gold', gone: null };
  const client = await api.call('POST', '/clients', { name: 'a', client_metadata: metadata });
  expect([client.status, client.body.client_metadata]).toEqual([201, { plan: 'gold' }]);
  const domain = await api.call('POST', '/custom-domains', {
    domain: 'login.shop.test',
    type: 'self_managed_certs',
    domain_metadata: metadata,
  });
  expect([domain.status, domain.body.domain_metadata]).toEqual([201, { plan: 'gold' }]);
  const path = `/custom-domains/${domain.body.custom_domain_id}`;
  const changed = await api.call('PATCH', path, { domain_metadata: { plan: null } });
  expect(changed.body.domain_metadata).toEqual({});
  const connection = await api.call('POST', '/connections', {
    name: 'shop',
    strategy: 'auth0',
    metadata,
  });
  expect(connection.body.metadata).toEqual({ plan: 'gold' });
});
