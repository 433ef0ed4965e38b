import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { startLegacyApi } from '../../examples/legacy-api/legacy-api.ts';
import { fileTable } from '../../examples/legacy-api/users.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { claimsOf, made, openTab, openWorld } from '../harness/world.ts';

const AUDIENCE = 'urn:legacy-api';
const PASSWORD = 'an old password';

test('a user of the example API logs in at the login page, once with its old store and then without', async () => {
  const world = await openWorld();
  const { server } = world;
  const legacy = await startLegacyApi({
    users: fileTable(join(import.meta.dirname, '../../examples/legacy-api/users.json')),
    issuer: `${server.url}/`,
    audience: AUDIENCE,
    port: 0,
  });
  const close = closedAtEnd(legacy.close);
  await made(server, '/resource-servers', { name: 'Legacy', identifier: AUDIENCE });
  const machine = await world.registerClient({
    app_type: 'non_interactive',
    grant_types: ['client_credentials'],
  });
  await made(server, '/client-grants', {
    client_id: machine.id,
    audience: AUDIENCE,
    scope: [],
  });
  const path = `/api/v2/connections/${world.connectionId}`;
  const { body } = await server.api<{ options: object }>('GET', path);
  const changed = await server.api('PATCH', path, {
    options: {
      ...body.options,
      enabledDatabaseCustomization: true,
      import_mode: true,
      directory: {
        type: 'http',
        endpoints: {
          login: `${legacy.url}/login`,
          get_user: `${legacy.url}/get_user`,
          count: `${legacy.url}/count`,
        },
        authentication: {
          type: 'client_credentials',
          client_id: machine.id,
          client_secret: machine.secret,
          audience: AUDIENCE,
        },
      },
    },
  });
  expect(changed).toMatchObject({ status: 200 });
  const client = await world.registerClient({});
  const ada = { userId: 'auth0|1', email: 'ada@example.com', password: PASSWORD };
  const back = await world.logsIn(openTab(), world.authorize(client), ada);
  expect(back.searchParams.get('code')).toBeTruthy();
  expect((await server.api('GET', '/api/v2/users/auth0%7C1')).body).toMatchObject({
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada Lovelace',
    app_metadata: { plan: 'gold' },
  });
  // A token of another issuer, and none at all.
  const forged = await new SignJWT({ sub: 'x@clients' })
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience(AUDIENCE)
    .sign(Buffer.alloc(32));
  for (const authorization of [`Bearer ${forged}`, '']) {
    const answer = await fetch(`${legacy.url}/count`, { headers: { authorization } });
    expect(answer.status).toBe(401);
  }
  await close();
  const again = await world.logsIn(openTab(), world.authorize(client), ada);
  expect(again.searchParams.get('code')).toBeTruthy();
});

test('a token of a user does not open the example API', async () => {
  const world = await openWorld();
  const { server } = world;
  const legacy = await startLegacyApi({
    users: fileTable(join(import.meta.dirname, '../../examples/legacy-api/users.json')),
    issuer: `${server.url}/`,
    audience: AUDIENCE,
    port: 0,
  });
  closedAtEnd(legacy.close);
  await made(server, '/resource-servers', { name: 'Legacy', identifier: AUDIENCE });
  const person = await world.createUser();
  const client = await world.registerClient({ grant_types: ['password'] });
  const { body } = await world.token({
    ...{ grant_type: 'password', client_id: client.id, client_secret: client.secret },
    ...{ username: person.email, password: person.password, audience: AUDIENCE },
  });
  const token = String(body.access_token);
  expect(claimsOf(token)).toMatchObject({
    aud: expect.arrayContaining([AUDIENCE]),
    sub: person.userId,
  });
  const answer = await fetch(`${legacy.url}/count`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(401);
});
