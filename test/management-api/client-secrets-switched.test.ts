import { decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { appoint, arrive } from '../console/administrator.ts';
import { copyDatabase, type DatabaseCopy } from '../harness/database.ts';
import { aPassword } from '../harness/factories.ts';
import { freePort } from '../harness/free-port.ts';
import { BOOTSTRAP, DEFAULT_CONNECTION, startServer, type TestServer } from '../harness/harness.ts';
import { createUser, registerClient } from '../harness/registered.ts';

// One database. The server restarts with another CLIENT_SECRETS.
const REALM = 'http://auth0.com/oauth/grant-type/password-realm';
let copy: DatabaseCopy;
let port: number;
beforeAll(async () => {
  copy = await copyDatabase();
  port = await freePort();
});

const start = (clientSecrets: 'hashed' | 'encrypted') =>
  startServer({ port, databaseUrl: copy.url, dataDir: copy.dataDir, clientSecrets });

async function shown(server: TestServer, id: string): Promise<string | undefined> {
  const token = await server.token(['read:client_keys']);
  const { body } = await server.api<{ client_secret?: string }>(
    'GET',
    `/api/v2/clients/${id}`,
    undefined,
    { token },
  );
  return body.client_secret;
}

async function works(server: TestServer, id: string, secret: string): Promise<boolean> {
  const { status } = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' }),
  });
  // A wrong secret gives 401. With the right one, the refresh token is the error.
  return status === 403;
}

type Application = { id: string; secret: string };

async function madeByApi(server: TestServer, more: object = {}): Promise<Application> {
  return registerClient(server, { name: 'An application', ...more });
}

let administrators = 0;
async function madeInConsole(server: TestServer): Promise<Application> {
  const link = await appoint(server, `admin${administrators++}@example.test`);
  const browser = await arrive(link, aPassword());
  const { page } = await browser.open(`${server.url}/console`);
  const form = page.match(/<form\b[^>]*credentials"[\s\S]*?<\/form>/)?.[0] ?? '';
  const hidden = (name: string) =>
    form.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1] ?? '';
  const answer = await browser.post(`${server.url}/console/credentials`, {
    csrf: hidden('csrf'),
    client_id: hidden('client_id'),
    name: 'A program',
    scope: 'read:users',
  });
  const secret = answer.page.match(/data-client-secret>([^<]*)</)?.[1] ?? '';
  return { id: hidden('client_id'), secret };
}

async function idToken(server: TestServer, app: Application, user: object): Promise<string> {
  const answer = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: REALM,
      realm: DEFAULT_CONNECTION,
      scope: 'openid',
      client_id: app.id,
      client_secret: app.secret,
      ...user,
    }),
  });
  return ((await answer.json()) as { id_token: string }).id_token;
}

test('secrets work in each storage mode and are shown by the current setting', async () => {
  const bootstrap = BOOTSTRAP;
  let server = await start('hashed');
  const before = [await madeByApi(server), await madeInConsole(server)];
  for (const { id, secret } of [...before, bootstrap]) {
    expect(secret).not.toBe('');
    expect([await works(server, id, secret), await shown(server, id)]).toEqual([true, undefined]);
  }
  await server.close();

  server = await start('encrypted');
  // The environment sets this secret at each start. The database has only the hash of the others.
  expect(await shown(server, bootstrap.id)).toBe(bootstrap.secret);
  for (const { id, secret } of before) {
    expect([await works(server, id, secret), await shown(server, id)]).toEqual([true, undefined]);
  }
  const path = `/api/v2/clients/${before[0]?.id}/rotate-secret`;
  const rotated = await server.api<{ client_secret: string }>('POST', path);
  expect(await shown(server, before[0]?.id ?? '')).toBe(rotated.body.client_secret);
  const signs = { jwt_configuration: { alg: 'HS256' }, grant_types: [REALM] };
  const [signing, quiet] = [await madeByApi(server, signs), await madeByApi(server)];
  const program = await madeInConsole(server);
  const sealed = [signing, quiet, program];
  for (const { id, secret } of sealed) expect(await shown(server, id)).toBe(secret);
  const { email, password } = await createUser(server);
  const user = { username: email, password };
  await server.close();

  server = await start('hashed');
  for (const { id, secret } of [...sealed, bootstrap]) {
    expect([await works(server, id, secret), await shown(server, id)]).toEqual([true, undefined]);
  }
  // Applications that verify ID tokens with the secret keep doing so. They could not read a new one.
  const token = await idToken(server, signing, user);
  await jwtVerify(token, new TextEncoder().encode(signing.secret), { algorithms: ['HS256'] });
  const again = `/api/v2/clients/${signing.id}/rotate-secret`;
  const refused = await server.api<{ message: string }>('POST', again);
  expect([refused.status, refused.body.message]).toEqual([
    400,
    expect.stringContaining('CLIENT_SECRETS=encrypted'),
  ]);
  await server.api('PATCH', `/api/v2/clients/${signing.id}`, {
    jwt_configuration: { alg: 'RS256' },
  });
  expect(decodeProtectedHeader(await idToken(server, signing, user)).alg).toBe('RS256');
  const fresh = await server.api<{ client_secret: string }>('POST', again);
  expect(fresh.status).toBe(200);
  await server.close();

  server = await start('encrypted');
  // A secret that was rotated under hashed storage cannot be shown.
  expect(await shown(server, signing.id)).toBeUndefined();
  expect(await works(server, signing.id, fresh.body.client_secret)).toBe(true);
  for (const { id, secret } of [quiet, program, bootstrap]) {
    expect(await shown(server, id)).toBe(secret);
  }
  await server.close();
  await copy.drop();
}, 120_000);
