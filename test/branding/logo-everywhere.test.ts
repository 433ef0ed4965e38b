import { beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';

const LOGO = 'https://cdn.meadow.test/logo.png';
const FONT = 'https://fonts.meadow.test/meadow.woff2';
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const answer = await server.api('PATCH', '/api/v2/tenants/settings', { picture_url: LOGO });
  expect(answer.status).toBe(200);
  const font = await server.api('PATCH', '/api/v2/branding', { font: { url: FONT } });
  expect(font.status, font.text).toBe(200);
});

test.each([
  '/',
  '/u/logged-out',
  '/u/nowhere',
  '/authorize?client_id=nobody',
  '/activate',
  '/console/login',
  '/console/callback?code=a&state=b',
])('%s shows the picture of the tenant in its font, and its policy lets browsers load both', async (path) => {
  const answer = await fetch(`${server.url}${path}`, { headers: { accept: 'text/html' } });
  expect(await answer.text()).toContain(`<img class="brand-logo" src="${LOGO}"`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy.split('; ')).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "img-src 'self' data: https:",
      'font-src https://fonts.meadow.test',
    ]),
  );
});

test('a picture that browsers would not load is refused', async () => {
  const http = await server.api('PATCH', '/api/v2/tenants/settings', {
    picture_url: 'http://cdn.meadow.test/logo.png',
  });
  expect(http.status).toBe(400);
  expect(http.text).toContain('Must use HTTPS');
});
