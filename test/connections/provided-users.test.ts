import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ProvidedIdentity } from '../../src/outbound/social/social.ts';
import { transaction } from '../../src/platform/db/db.ts';
import {
  connectionOfDomain,
  connectionsOfClient,
  findConnection,
} from '../../src/records/connections/connections.ts';
import { storeProvidedIdentity } from '../../src/steps/adopt-identity/adopt-identity.ts';
import {
  type ApiOptions,
  DEFAULT_CONNECTION,
  eventually,
  startServer,
  type TestServer,
} from '../harness/harness.ts';
import { aProvidedPerson } from '../harness/providers/provided-person.ts';

type Identity = {
  provider: string;
  user_id: string;
  access_token?: string;
  refresh_token?: string;
  expires_in?: number;
  profileData?: Record<string, unknown>;
};
type User = { user_id: string; name: string; identities: Identity[] };

let server: TestServer;
let google: string;
let clientId: string;
const users = (id: string, more = '') => `/api/v2/users/${encodeURIComponent(id)}${more}`;
const TOKENS = {
  accessToken: 'the-access-token',
  refreshToken: 'the-refresh-token',
  idToken: null,
  expiresAt: new Date(Date.now() + 3_600_000),
  scope: null,
};

async function aConnection(strategy: string, options: object): Promise<string> {
  const { status, body, text } = await server.api<{ id: string }>('POST', '/api/v2/connections', {
    name: `c${Math.random().toString(36).slice(2)}`,
    strategy,
    options,
    enabled_clients: [clientId],
  });
  if (status !== 201) throw new Error(text);
  return body.id;
}

beforeAll(async () => {
  server = await startServer();
  const client = await server.api<{ client_id: string }>('POST', '/api/v2/clients', { name: 'A' });
  clientId = client.body.client_id;
  google = await aConnection('google-oauth2', { client_id: 'a', client_secret: 'b' });
});

/** A user as the first login with a provider makes one. */
async function aUser(about: Partial<ProvidedIdentity> = {}, connectionId = google) {
  const { db, keys } = server.app.deps;
  const connection = await findConnection(db, connectionId);
  if (connection === null) throw new Error('The connection is gone.');
  const stored = await transaction(db, (tx) =>
    storeProvidedIdentity(tx, {
      connection,
      identity: aProvidedPerson({ tokens: TOKENS, ...about }),
      linkTo: null,
      mayCreate: true,
      tokenKey: keys.encryption,
      at: new Date(),
    }),
  );
  if (stored.kind !== 'stored') throw new Error(`The identity is ${stored.kind}.`);
  return stored.user.id;
}

async function aDatabaseUser(): Promise<string> {
  const { body } = await server.api<User>('POST', '/api/v2/users', {
    connection: DEFAULT_CONNECTION,
    email: `${Math.random().toString(36).slice(2)}@database.test`,
    verify_email: false,
  });
  return body.user_id;
}

const withScopes = async (...scopes: string[]): Promise<ApiOptions> => ({
  token: await server.token(scopes),
});
const get = async (id: string, options: ApiOptions) =>
  (await server.api<User>('GET', users(id), undefined, options)).body;

describe('the tokens of a provider', () => {
  test('are shown only to callers with read:user_idp_tokens', async () => {
    const id = await aUser();
    const [hidden] = (await get(id, await withScopes('read:users'))).identities;
    expect(hidden).not.toHaveProperty('access_token');
    const reader = await withScopes('read:users', 'read:user_idp_tokens');
    const [shown] = (await get(id, reader)).identities;
    expect(shown).toMatchObject({
      provider: 'google-oauth2',
      access_token: 'the-access-token',
      refresh_token: 'the-refresh-token',
    });
    expect(shown?.expires_in).toBeGreaterThan(3000);
    const list = await server.api<User[]>(
      'GET',
      `/api/v2/users?q=${encodeURIComponent(`user_id:"${id}"`)}`,
      undefined,
      await withScopes('read:users'),
    );
    expect(list.body).toHaveLength(1);
    expect(list.text).not.toContain('the-access-token');
  });

  test('move along when the user is linked, and are deleted when the identity is unlinked', async () => {
    const [id, owner] = [await aUser(), await aDatabaseUser()];
    const [provider, userId] = id.split('|');
    const linked = await server.api<Identity[]>('POST', users(owner, '/identities'), {
      provider,
      user_id: userId,
    });
    expect(linked.body[1]).toMatchObject({
      access_token: 'the-access-token',
      profileData: { name: 'Ada Byron', email_verified: true },
    });
    const updater = await withScopes('update:users');
    const path = users(owner, `/identities/${provider}/${userId}`);
    const unlinked = await server.api('DELETE', path, undefined, updater);
    expect(unlinked.text).not.toContain('the-access-token');
    const all = await withScopes('read:users', 'read:user_idp_tokens');
    expect((await get(id, all)).identities[0]).not.toHaveProperty('access_token');
  });

  test('are deleted with the user', async () => {
    const id = await aUser();
    await server.api('DELETE', users(id));
    const rows = await server.app.deps.db
      .withTables<{ identity_tokens: { user_id: string } }>()
      .selectFrom('identity_tokens')
      .selectAll()
      .where('user_id', '=', id)
      .execute();
    expect(rows).toEqual([]);
  });

  test('are deleted with the connection, also those of an identity that is linked', async () => {
    const doomed = await aConnection('google-oauth2', { client_id: 'c', client_secret: 'd' });
    const [id, owner] = [await aUser({ subject: 'doomed-1' }, doomed), await aDatabaseUser()];
    const linked = await aUser({ subject: 'doomed-2', userIdPart: 'doomed-2' }, doomed);
    const [provider, userId] = linked.split('|');
    await server.api('POST', users(owner, '/identities'), { provider, user_id: userId });
    await server.api('DELETE', `/api/v2/connections/${doomed}`);
    const { db } = server.app.deps;
    for (const table of ['users', 'provided_identities'] as const) {
      await eventually(async () => {
        const { rows } = await sql`
          select 1 from ${sql.table(table)} where connection_id = ${doomed}`.execute(db);
        return rows.length === 0 ? true : undefined;
      });
    }
    const tokens =
      await sql`select 1 from identity_tokens where user_id in (${id}, ${linked})`.execute(db);
    expect(tokens.rows).toEqual([]);
    const { identities } = await get(owner, await withScopes('read:users'));
    expect(identities).toHaveLength(1);
  });

  test('are in no export, also not by the name of their field', async () => {
    const id = await aUser();
    const begun = await server.api<{ id: string }>('POST', '/api/v2/jobs/users-exports', {
      connection_id: google,
      format: 'json',
      fields: ['user_id', 'identities', 'identities[0].access_token'].map((name) => ({ name })),
    });
    const location = await eventually(async () => {
      const path = `/api/v2/jobs/${begun.body.id}`;
      return (await server.api<{ location?: string }>('GET', path)).body.location;
    });
    const file = await fetch(location);
    const text = gunzipSync(Buffer.from(await file.arrayBuffer())).toString('utf8');
    expect(text).toContain(id);
    expect(text).not.toContain('the-access-token');
  });
});

describe('the profile of a user who comes from a provider', () => {
  test('cannot be changed while it follows the provider', async () => {
    const id = await aUser();
    const refused = await server.api<{ message: string }>('PATCH', users(id), { name: 'Other' });
    expect([refused.status, refused.body.message]).toEqual([
      400,
      "The following user attributes cannot be updated: name. The connection must either be a database connection (using the Auth0 store), a passwordless connection (email or sms) or has disabled 'Sync user profile attributes at each login'.",
    ]);
    const metadata = { user_metadata: { a: 1 } };
    expect((await server.api('PATCH', users(id), metadata)).status).toBe(200);
  });

  test('can be changed if it follows the provider at the first login only', async () => {
    const once = await aConnection('github', {
      client_id: 'a',
      client_secret: 'b',
      set_user_root_attributes: 'on_first_login',
    });
    const id = await aUser({ issuer: 'https://github.com' }, once);
    const changed = await server.api<User>('PATCH', users(id), { name: 'Other' });
    expect([changed.status, changed.body.name]).toEqual([200, 'Other']);
  });

  test('has no address and no password that the API can change', async () => {
    const id = await aUser();
    for (const change of [{ email: 'b@provided.test' }, { password: 'correct horse battery' }]) {
      expect((await server.api('PATCH', users(id), change)).status).toBe(400);
    }
  });
});

test('a user who comes from a provider is found by the provider and its id there', async () => {
  const id = await aUser();
  const [provider, userId] = id.split('|');
  const q = `identities.provider:"${provider}" AND identities.user_id:"${userId}"`;
  const { body } = await server.api<User[]>('GET', `/api/v2/users?q=${encodeURIComponent(q)}`);
  expect(body.map((user) => user.user_id)).toEqual([id]);
  expect(body[0]?.identities).toEqual([
    expect.objectContaining({ provider, user_id: userId, isSocial: true }),
  ]);
});

test('the tenant log distinguishes providers of organizations from social ones', async () => {
  const okta = { client_id: 'a', client_secret: 'b', domain: 'logged.okta.test' };
  const connections = [google, await aConnection('okta', okta)];
  for (const connectionId of connections) {
    server.app.deps.audit.record({ type: 's', connectionId, ip: '203.0.113.7' });
  }
  await server.app.flushLog();
  const { body } = await server.api<{ connection_id: string; strategy_type: string }[]>(
    'GET',
    '/api/v2/logs?q=ip:203.0.113.7&sort=date:1',
  );
  expect(body.map((entry) => [entry.connection_id, entry.strategy_type])).toEqual([
    [connections[0], 'social'],
    [connections[1], 'enterprise'],
  ]);
});

describe('an address belongs to', () => {
  const find = async (email: string) =>
    connectionOfDomain(await connectionsOfClient(server.app.deps.db, clientId), email);
  const openId = { client_id: 'a', discovery_url: 'https://login.acme.test' };

  test('the connection that has its domain, in any form', async () => {
    const id = await aConnection('oidc', { ...openId, domain_aliases: ['Bücher.test', 'x.test'] });
    for (const email of ['a@bücher.test', 'A@BÜCHER.TEST', 'a@xn--bcher-kva.test', 'b@x.test']) {
      expect((await find(email))?.id).toBe(id);
    }
    for (const email of ['a@other.test', 'a@sub.x.test', 'x.test', 'a@y.test@x.test', '@x.test']) {
      expect(await find(email)).toBeNull();
    }
  });

  test('the older one of two connections, and never to one that the application may not use', async () => {
    const older = await aConnection('oidc', { ...openId, tenant_domain: 'twice.test' });
    await aConnection('okta', {
      client_id: 'a',
      client_secret: 'b',
      domain: 'twice.okta.test',
      tenant_domain: 'twice.test',
    });
    expect((await find('a@twice.test'))?.id).toBe(older);
    const path = `/api/v2/connections/${older}/clients`;
    await server.api('PATCH', path, [{ client_id: clientId, status: false }]);
    expect((await find('a@twice.test'))?.strategy).toBe('okta');
  });
});
