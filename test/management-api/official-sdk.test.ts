import { ManagementClient } from 'auth0';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { trustedCertificate } from '../harness/certificate.ts';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;
let certificate: Awaited<ReturnType<typeof trustedCertificate>>;
let sdk: ManagementClient;

beforeAll(async () => {
  certificate = await trustedCertificate();
  server = await startServer({ tls: certificate });
  sdk = new ManagementClient({
    domain: new URL(server.url).host,
    clientId: BOOTSTRAP.id,
    clientSecret: BOOTSTRAP.secret,
  });
});
afterAll(() => certificate?.remove());

it('the official SDK sets up an application, its API and its connection', async () => {
  const client = await sdk.clients.create({
    name: 'Shop',
    app_type: 'regular_web',
    callbacks: ['https://shop.test/callback'],
    initiate_login_uri: 'https://shop.test/login',
  });
  const id = client.client_id ?? '';
  expect(client.client_secret).toHaveLength(64);
  await sdk.clients.update(id, { client_metadata: { plan: 'gold' } });
  expect(await sdk.clients.get(id)).toMatchObject({ client_metadata: { plan: 'gold' } });
  const rotated = await sdk.clients.rotateSecret(id);
  expect(rotated.client_secret).not.toBe(client.client_secret);

  const connection = await sdk.connections.create({ name: 'customers', strategy: 'auth0' });
  const connectionId = connection.id ?? '';
  await sdk.connections.clients.update(connectionId, [{ client_id: id, status: true }]);
  const enabled = await sdk.connections.clients.get(connectionId);
  expect(enabled.data).toEqual([{ client_id: id }]);
  await sdk.connections.update(connectionId, { options: { disable_signup: true } });
  expect((await sdk.connections.get(connectionId)).options).toEqual({ disable_signup: true });

  const api = await sdk.resourceServers.create({
    identifier: 'https://orders.test',
    scopes: [{ value: 'read:orders' }],
  });
  await sdk.resourceServers.update(api.id ?? '', { token_lifetime: 600 });
  expect(await sdk.resourceServers.get('https://orders.test')).toMatchObject({
    token_lifetime: 600,
  });
  const grant = await sdk.clientGrants.create({
    client_id: id,
    audience: 'https://orders.test',
    scope: ['read:orders'],
  });
  expect(grant.id).toMatch(/^cgr_/);

  const token = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: rotated.client_secret ?? '',
      audience: 'https://orders.test',
    }),
  });
  expect(await token.json()).toMatchObject({ scope: 'read:orders', expires_in: 600 });

  await sdk.clientGrants.delete(grant.id ?? '');
  await sdk.resourceServers.delete(api.id ?? '');
  await sdk.connections.delete(connectionId);
  await sdk.clients.delete(id);
  await expect(sdk.clients.get(id)).rejects.toMatchObject({ statusCode: 404 });
});

it('the official SDK walks lists page by page', async () => {
  for (const name of ['a', 'b', 'c']) await sdk.clients.create({ name });
  const names: string[] = [];
  for await (const client of await sdk.clients.list({ per_page: 2 })) names.push(client.name ?? '');
  expect(names.sort()).toEqual(['Bootstrap client', 'a', 'b', 'c']);
  const connections = await sdk.connections.list({ take: 1 });
  expect(connections.data).toHaveLength(1);
  const grants = await sdk.clientGrants.list({ take: 1 });
  expect(grants.data[0]?.client_id).toBe(BOOTSTRAP.id);
  const apis = await sdk.resourceServers.list();
  expect(apis.data.map((resourceServer) => resourceServer.is_system)).toEqual([true]);
});

it('the official SDK writes mail templates and sets the mail server', async () => {
  await sdk.emailTemplates.create({
    template: 'reset_email',
    body: '{{ url }}',
    from: 'no-reply@shop.test',
    subject: 'Hello',
    syntax: 'liquid',
    enabled: true,
  });
  await sdk.emailTemplates.update('reset_email', { subject: 'Other' });
  expect(await sdk.emailTemplates.get('reset_email')).toMatchObject({ subject: 'Other' });
  await sdk.emails.provider.create({
    name: 'smtp',
    credentials: { smtp_host: 'localhost', smtp_port: 25, smtp_user: 'u', smtp_pass: 'p' },
  });
  expect(await sdk.emails.provider.get()).toEqual({ name: 'smtp', enabled: true });
  await sdk.emails.provider.delete();
});
