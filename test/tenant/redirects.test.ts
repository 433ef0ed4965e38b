import { beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

const setTenant = (body: object) => server.api('PATCH', '/api/v2/tenants/settings', body);
const visit = (path: string) =>
  fetch(`${server.url}${path}`, { redirect: 'manual', headers: { accept: 'text/html' } });
const UNKNOWN =
  '/authorize?client_id=nobody&response_type=code&redirect_uri=https://x.test&state=s';

test("a login without an application is redirected to the operator's page", async () => {
  expect((await visit('/u/login?state=gone')).status).toBe(400);
  await setTenant({ default_redirection_uri: 'https://meadow.test/start?from=id' });
  const sent = await visit('/u/login?state=gone');
  expect(sent.status).toBe(302);
  expect(sent.headers.get('location')).toBe(
    `https://meadow.test/start?from=id&iss=${encodeURIComponent(`${server.url}/`)}`,
  );
});

test("a final page links to the operator's page", async () => {
  await setTenant({
    default_redirection_uri: 'https://meadow.test/start',
    friendly_name: 'Meadow',
  });
  const html = await (await visit('/u/done?what=password')).text();
  expect(html).toContain('<a href="https://meadow.test/start">Go to Meadow</a>');
});

test('an error without an application goes to the operator’s page', async () => {
  const shown = await visit(UNKNOWN);
  expect(shown.status).toBe(400);
  expect(await shown.text()).toContain('invalid_client');
  await setTenant({ error_page: { url: 'https://meadow.test/oh-no?x=1' } });
  const sent = await visit(UNKNOWN);
  expect(sent.status).toBe(302);
  const url = new URL(sent.headers.get('location') ?? '');
  expect(`${url.origin}${url.pathname}`).toBe('https://meadow.test/oh-no');
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    x: '1',
    error: 'invalid_client',
    client_id: 'nobody',
  });
  await setTenant({ error_page: null });
  expect((await visit(UNKNOWN)).status).toBe(400);
});
