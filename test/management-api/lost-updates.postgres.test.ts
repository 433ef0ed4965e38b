import { beforeAll, expect, test } from 'vitest';
import { readEmailProvider } from '../../src/records/settings/settings.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

// Two operators with simultaneous changes to different settings both find their values.
let api: ManagementFixture;

beforeAll(async () => {
  api = await startManagementApi();
});

const PROVIDER = '/emails/provider';
const first = { name: 'smtp', credentials: { smtp_host: 'mail.shop.test', smtp_port: 25 } };

test('simultaneous changes of the mail server are all kept', async () => {
  for (let round = 0; round < 5; round++) {
    await api.call('DELETE', PROVIDER);
    await api.call('POST', PROVIDER, first);
    const answers = await Promise.all(
      [
        { enabled: false },
        { default_from_address: 'shop@shop.test' },
        { credentials: { smtp_port: 587 } },
        { credentials: { smtp_user: 'shop' } },
        { credentials: { smtp_pass: 'a secret' } },
      ].map((body) => api.call('PATCH', PROVIDER, body)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(await readEmailProvider(api.database.db, api.keys.encryption)).toEqual({
      name: 'smtp',
      enabled: false,
      defaultFromAddress: 'shop@shop.test',
      settings: null,
      smtp: { host: 'mail.shop.test', port: 587, user: 'shop', password: 'a secret' },
    });
  }
});

test('a mail server that is deleted during a change stays deleted', async () => {
  for (let round = 0; round < 20; round++) {
    await api.call('POST', PROVIDER, first);
    await Promise.all([
      api.call('PATCH', PROVIDER, { enabled: false }),
      api.call('DELETE', PROVIDER),
      api.call('PATCH', PROVIDER, { enabled: true }),
    ]);
    expect((await api.call('GET', PROVIDER)).status).toBe(404);
  }
});

test('simultaneous changes of a client are all kept', async () => {
  const { body: client } = await api.call('POST', '/clients', { name: 'shop' });
  const path = `/clients/${client.client_id}`;
  const keys = Array.from({ length: 10 }, (_, n) => `key${n}`);
  const changes = [
    ...keys.map((key) => ({ client_metadata: { [key]: 'set' } })),
    { name: 'store' },
    { description: 'A store' },
    { callbacks: ['https://store.test/back'] },
    { web_origins: ['https://store.test'] },
    { initiate_login_uri: 'https://store.test/login' },
    { organization_usage: 'allow' },
  ];
  const answers = await Promise.all(changes.map((body) => api.call('PATCH', path, body)));
  expect(answers.map(({ status }) => status)).toEqual(changes.map(() => 200));
  const { body } = await api.call('GET', path);
  expect(body).toMatchObject(Object.assign({}, ...changes.slice(10)));
  expect(Object.keys(body.client_metadata).sort()).toEqual(keys);
});
