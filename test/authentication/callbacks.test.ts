import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/harness.ts';

let server: TestServer;
let organizationId = '';

beforeAll(async () => {
  server = await startServer();
  const { body } = await server.api<{ id: string }[]>(
    'GET',
    '/api/v2/connections?name=Username-Password-Authentication',
  );
  const made = await server.api<{ id: string }>('POST', '/api/v2/organizations', {
    name: 'acme',
    enabled_connections: [{ connection_id: body[0]?.id }],
  });
  organizationId = made.body.id;
});

type Settings = Record<string, unknown>;

async function aClient(settings: Settings): Promise<string> {
  const made = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
    name: 'Callbacks',
    app_type: 'regular_web',
    organization_usage: 'allow',
    ...settings,
  });
  expect(made.status).toBe(201);
  return made.body.client_id;
}

async function authorize(clientId: string, redirectUri: string, more: Record<string, string> = {}) {
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid',
    state: 's',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...more,
  });
  const answer = await fetch(`${server.url}/authorize?${query}`, {
    redirect: 'manual',
    headers: { accept: 'text/html' },
  });
  return { status: answer.status, page: await answer.text() };
}

const WILDCARD = 'https://pr-*-app.example.test/cb';

test.each([
  ['https://pr-42-app.example.test/cb', 303],
  ['https://pr-feature-x-app.example.test/cb', 303],
  ['https://pr--app.example.test/cb', 400],
  ['https://pr-4.2-app.example.test/cb', 400],
  ['https://pr-42-app.example.test/cb/more', 400],
  ['https://pr-42-app.example.test.evil.test/cb', 400],
  ['https://pr-a@evil.test/-app.example.test/cb', 400],
  ['https://pr-a%2fevil-app.example.test/cb', 400],
  ['http://pr-42-app.example.test/cb', 400],
])('a callback with a wildcard between prefix and suffix matches %s with %i', async (uri, status) => {
  const client = await aClient({ callbacks: [WILDCARD] });
  expect((await authorize(client, uri)).status).toBe(status);
});

test('a callback with the name of an organization counts only for that organization', async () => {
  const client = await aClient({
    callbacks: ['https://{organization_name}.orgs.example.test/{organization_name}/cb'],
  });
  const own = 'https://acme.orgs.example.test/acme/cb';
  expect((await authorize(client, own, { organization: organizationId })).status).toBe(303);
  for (const [uri, more] of [
    [own, {}],
    ['https://evil.orgs.example.test/evil/cb', { organization: organizationId }],
    ['https://acme.orgs.example.test/evil/cb', { organization: organizationId }],
    ['https://a.acme.orgs.example.test/acme/cb', { organization: organizationId }],
  ] as const) {
    expect((await authorize(client, uri, more)).status).toBe(400);
  }
});

test('a callback that could never match is refused when it is registered', async () => {
  for (const url of [
    'https://sub.*.example.test/cb',
    'https://*.*.example.test/cb',
    'https://*.test/cb',
    'https://app.example.test/*',
    'https://app.example.test/cb?next=*',
    'com.example.app://*',
    'https://{organization.metadata.public_site}.example.test/cb',
  ]) {
    for (const field of ['callbacks', 'allowed_logout_urls', 'web_origins', 'allowed_origins']) {
      const refused = await server.api('POST', '/api/v2/clients', {
        name: 'Refused',
        [field]: [url],
      });
      expect({ url, field, status: refused.status }).toEqual({ url, field, status: 400 });
    }
  }
});

test('an ineffective callback that an earlier version stored matches nothing', async () => {
  const client = await aClient({ callbacks: ['https://app.example.test/cb'] });
  const stored = ['https://*.test/cb', 'https://app.*.test/cb', 'https://app.example.test/*'];
  await sql`update clients set settings = settings || ${JSON.stringify({ callbacks: stored })}::jsonb where id = ${client}`.execute(
    server.app.deps.db,
  );
  for (const uri of [
    'https://evil.test/cb',
    'https://app.evil.test/cb',
    'https://app.example.test/evil',
  ]) {
    expect((await authorize(client, uri)).status).toBe(400);
  }
});

test('a logout may return to an address with prefix, wildcard and suffix', async () => {
  const client = await aClient({ allowed_logout_urls: ['https://pr-*-app.example.test/out'] });
  const leave = (to: string) =>
    fetch(`${server.url}/v2/logout?client_id=${client}&returnTo=${encodeURIComponent(to)}`, {
      redirect: 'manual',
    });
  expect((await leave('https://pr-7-app.example.test/out')).status).toBe(302);
  expect((await leave('https://pr-7.x-app.example.test/out')).status).toBe(400);
});

describe('an address with {organization_name} counts for the organizations that exist', () => {
  const OWN = 'https://acme.orgs.example.test';
  const OTHERS = [
    'https://evil.orgs.example.test',
    'https://a.acme.orgs.example.test',
    'https://acme.orgs.example.test.evil.test',
  ];
  const forOrganizations = {
    callbacks: ['https://app.example.test/cb', 'https://{organization_name}.orgs.example.test/cb'],
    allowed_logout_urls: ['https://{organization_name}.orgs.example.test/{organization_name}/out'],
    web_origins: ['https://{organization_name}.orgs.example.test'],
  };
  const allowed = (answer: Response) => answer.headers.get('access-control-allow-origin');
  let client = '';
  beforeAll(async () => {
    client = await aClient({ ...forOrganizations, token_endpoint_auth_method: 'none' });
  });

  test('at a logout', async () => {
    const leave = (path: string, to: string) =>
      fetch(`${server.url}${path}${encodeURIComponent(to)}`, { redirect: 'manual' });
    for (const path of [
      `/v2/logout?client_id=${client}&returnTo=`,
      `/oidc/logout?client_id=${client}&post_logout_redirect_uri=`,
    ]) {
      expect((await leave(path, `${OWN}/acme/out?from=here`)).status).toBe(302);
      for (const to of [
        ...OTHERS.map((each) => `${each}/acme/out`),
        'https://evil.orgs.example.test/evil/out',
        `${OWN}/evil/out`,
      ]) {
        expect([to, (await leave(path, to)).status]).toEqual([to, 400]);
      }
    }
  });

  test.each([
    ['/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x' }],
    ['/oauth/revoke', { token: 'x' }],
    ['/dbconnections/change_password', { connection: 'none', email: 'a@example.test' }],
    ['/passwordless/start', { connection: 'none', email: 'a@example.test' }],
  ])('for CORS calls to %s', async (path, fields) => {
    const call = (origin: string, client_id: string) =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams({ ...fields, client_id }),
      });
    const plain = await aClient({ callbacks: ['https://app.example.test/cb'] });
    expect(allowed(await call(OWN, client))).toBe(OWN);
    expect(allowed(await call(OWN, plain))).toBeNull();
    for (const origin of OTHERS) {
      expect([origin, allowed(await call(origin, client))]).toEqual([origin, null]);
    }
  });

  test('for CORS calls whose token was refused', async () => {
    const call = (origin: string) => fetch(`${server.url}/userinfo`, { headers: { origin } });
    expect(allowed(await call(OWN))).toBe(OWN);
    for (const origin of OTHERS) expect(allowed(await call(origin))).toBeNull();
  });

  test('until the organization is deleted', async () => {
    const made = await server.api<{ id: string }>('POST', '/api/v2/organizations', {
      name: 'brief',
    });
    const leave = () =>
      fetch(
        `${server.url}/v2/logout?client_id=${client}&returnTo=https://brief.orgs.example.test/brief/out`,
        { redirect: 'manual' },
      );
    expect((await leave()).status).toBe(302);
    await server.api('DELETE', `/api/v2/organizations/${made.body.id}`);
    expect((await leave()).status).toBe(400);
  });

  test('not for a link to log in with, which names none', async () => {
    const made = await server.api('POST', '/api/v2/connections', {
      name: 'links',
      strategy: 'email',
      enabled_clients: [client],
    });
    expect(made.status, made.text).toBe(201);
    const start = async (redirect_uri: string) => {
      const answer = await fetch(`${server.url}/passwordless/start`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          client_id: client,
          connection: 'links',
          send: 'link',
          email: 'ada@example.test',
          authParams: { redirect_uri },
        }),
      });
      return answer.status;
    };
    expect(await start('https://app.example.test/cb')).toBe(200);
    expect(await start(`${OWN}/cb`)).toBe(400);
  });
});

test.each([
  ['http://127.0.0.1/callback', 303],
  ['http://127.0.0.1:53211/callback', 303],
  ['http://[::1]:61023/callback', 303],
  ['http://127.0.0.1:53211/other', 400],
  ['http://127.0.0.2:53211/callback', 400],
  ['http://localhost:53211/callback', 400],
  ['https://127.0.0.1:53211/callback', 400],
  ['http://127.0.0.1:99999/callback', 400],
  ['http://127.0.0.1:1@evil.test/callback', 400],
])('a native application may use any port of its own machine: %s meets %i', async (uri, status) => {
  const callbacks = ['http://127.0.0.1/callback', 'http://[::1]:4000/callback'];
  const client = await aClient({
    app_type: 'native',
    token_endpoint_auth_method: 'none',
    callbacks,
  });
  expect((await authorize(client, uri)).status).toBe(status);
});

test('a web application may use only the port that it registered', async () => {
  const client = await aClient({ callbacks: ['http://127.0.0.1:4000/callback'] });
  expect((await authorize(client, 'http://127.0.0.1:4001/callback')).status).toBe(400);
});

test('the error page shows the received redirect_uri and runs nothing of it', async () => {
  const client = await aClient({ callbacks: ['https://app.example.test/cb'] });
  const { status, page } = await authorize(client, 'https://app.example.test/<script>x</script>');
  expect(status).toBe(400);
  expect(page).toContain('https://app.example.test/&lt;script&gt;');
  expect(page).not.toContain('<script>x');
});
