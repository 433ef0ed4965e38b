import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { transaction } from '../../src/platform/db/db.ts';
import { newId } from '../../src/platform/ids/ids.ts';
import { insertGrant, type SubjectType } from '../../src/records/client-grants/client-grants.ts';
import {
  insertResourceServer,
  type ResourceServerSettings,
} from '../../src/records/resource-servers/resource-servers.ts';
import {
  assignRoles,
  grantPermissions,
  insertRole,
  revokePermissions,
} from '../../src/records/roles/roles.ts';
import {
  aClient,
  aUser,
  Browser,
  CALLBACK,
  type Door,
  logIn,
  openDoor,
  pkce,
  postToken,
} from './fixture.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  return door.close;
});

const now = new Date();
let count = 0;

async function anApi(settings: ResourceServerSettings): Promise<string> {
  const identifier = `https://api${++count}.example.test/`;
  await insertResourceServer(door.database.db, {
    id: `api${count}`,
    identifier,
    name: null,
    scopes: [{ value: 'read' }, { value: 'write' }, { value: 'delete' }],
    settings: { allowOfflineAccess: true, ...settings },
    isSystem: false,
    createdAt: now,
    updatedAt: now,
  });
  return identifier;
}

async function grant(clientId: string, audience: string, more: object = {}) {
  const id = newId('cgr');
  const each = { id, clientId, audience, scope: ['read'], settings: {}, createdAt: now, ...more };
  await insertGrant(door.database.db, each);
  return id;
}

/** A user who has a role with `read`, and `write` directly. */
async function aReader(audience: string) {
  const { db } = door.database;
  const user = await aUser(door);
  const role = newId('rol');
  const keys = (permission: string) => [{ audience, permission }];
  await insertRole(db, { id: role, name: role, description: null, createdAt: now, updatedAt: now });
  await transaction(db, async (tx) => {
    await grantPermissions(tx, { kind: 'role', id: role }, keys('read'));
    await grantPermissions(tx, { kind: 'user', id: user.id }, keys('write'));
    await assignRoles(tx, { userIds: [user.id], roleIds: [role], now });
  });
  return {
    id: user.id,
    loseRead: () => revokePermissions(db, { kind: 'role', id: role }, keys('read')),
  };
}

async function tokensOf(userId: string, audience: string, scope: string, client?: { id: string }) {
  const used = client ?? (await aClient(door, { tokenEndpointAuthMethod: 'none' }));
  const { verifier, challenge } = pkce();
  const params = { audience, scope };
  const asked = { clientId: used.id, challenge, params };
  const back = await logIn(door, new Browser(), asked, userId);

  const { body } = await postToken(door, {
    grant_type: 'authorization_code',
    client_id: used.id,
    code: back.searchParams.get('code'),
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  });
  return { back, clientId: used.id, body };
}

const WANTED = 'openid read write delete offline_access';

describe('an API that enforces policies', () => {
  test('issues only the scopes that the user has, and all permissions', async () => {
    const audience = await anApi({ enforcePolicies: true, tokenDialect: 'access_token_authz' });
    const reader = await aReader(audience);
    const { body, clientId } = await tokensOf(reader.id, audience, WANTED);
    const claims = decodeJwt(body.access_token);
    expect(claims).toMatchObject({ azp: clientId, permissions: ['read', 'write'] });
    expect(claims.scope).toBe('openid read write offline_access');
    expect(body.scope).toBe('openid read write offline_access');

    const narrow = await tokensOf(reader.id, audience, 'openid read');
    expect(decodeJwt(narrow.body.access_token)).toMatchObject({
      scope: 'openid read',
      permissions: ['read', 'write'],
    });
    // Removed permissions are absent from the next token.
    await reader.loseRead();
    const refreshed = await postToken(door, {
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: body.refresh_token,
    });
    expect(decodeJwt(refreshed.body.access_token)).toMatchObject({
      scope: 'openid write offline_access',
      permissions: ['write'],
    });
  });

  test('limits scopes even if tokens carry no permissions', async () => {
    const audience = await anApi({ enforcePolicies: true });
    const reader = await aReader(audience);
    const { body } = await tokensOf(reader.id, audience, WANTED);
    const claims = decodeJwt(body.access_token);
    expect(claims.scope).toBe('openid read write offline_access');
    expect(claims).not.toHaveProperty('permissions');
  });

  test('issues nothing to a user without permissions', async () => {
    const audience = await anApi({ enforcePolicies: true, tokenDialect: 'access_token_authz' });
    const user = await aUser(door);
    const { body } = await tokensOf(user.id, audience, 'read write');
    const claims = decodeJwt(body.access_token);
    expect(claims.permissions).toEqual([]);
    expect(claims).not.toHaveProperty('scope');
    expect(body.scope ?? '').toBe('');
  });

  test('issues the permissions that an application has for itself', async () => {
    const audience = await anApi({ enforcePolicies: true, tokenDialect: 'access_token_authz' });
    const client = await aClient(door);
    await grant(client.id, audience, { scope: ['read', 'no longer'] });
    const { body } = await postToken(door, {
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      audience,
    });
    expect(decodeJwt(body.access_token)).toMatchObject({ scope: 'read', permissions: ['read'] });
  });
});

test('an API that does not enforce policies issues the requested scopes', async () => {
  const audience = await anApi({ tokenDialect: 'access_token_authz' });
  const reader = await aReader(audience);
  const { body } = await tokensOf(reader.id, audience, WANTED);
  const claims = decodeJwt(body.access_token);
  expect(claims.scope).toBe(WANTED);
  expect(claims).not.toHaveProperty('permissions');
});

test('an API may have tokens in the form of RFC 9068, with permissions or without', async () => {
  const audience = await anApi({ enforcePolicies: true, tokenDialect: 'rfc9068_profile_authz' });
  const reader = await aReader(audience);
  const { body, clientId } = await tokensOf(reader.id, audience, WANTED);
  expect(decodeProtectedHeader(body.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'RS256' });
  const claims = decodeJwt(body.access_token);
  expect(claims).toMatchObject({
    sub: reader.id,
    client_id: clientId,
    jti: expect.any(String),
    permissions: ['read', 'write'],
  });
  expect(claims).not.toHaveProperty('azp');
  const info = await fetch(`${door.url}/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  expect([info.status, await info.json()]).toMatchObject([200, { sub: reader.id }]);
  const plain = await anApi({ enforcePolicies: true, tokenDialect: 'rfc9068_profile' });
  const other = await tokensOf((await aReader(plain)).id, plain, WANTED);
  expect(decodeJwt(other.body.access_token)).not.toHaveProperty('permissions');
  const client = await aClient(door);
  await grant(client.id, audience);
  const machine = await postToken(door, {
    grant_type: 'client_credentials',
    client_id: client.id,
    client_secret: client.secret,
    audience,
  });
  const own = decodeJwt(machine.body.access_token);
  expect(own).toMatchObject({ sub: `${client.id}@clients`, client_id: client.id });
  expect(own).not.toHaveProperty('gty');
});

describe('an API that restricts who gets its tokens', () => {
  const userPolicy = (policy: 'deny_all' | 'require_client_grant') =>
    anApi({ subjectTypeAuthorization: { user: { policy } } });

  test('may require a grant of the application for users', async () => {
    const audience = await userPolicy('require_client_grant');
    const user = await aUser(door);
    const client = await aClient(door, { tokenEndpointAuthMethod: 'none' });
    // A grant for the client itself is not a grant for users.
    await grant(client.id, audience, { scope: ['read', 'write', 'delete'] });
    const refusal = await tokensOf(user.id, audience, WANTED, client);
    expect(refusal.back.searchParams.get('error')).toBe('access_denied');
    const subjectType: SubjectType = 'user';
    await grant(client.id, audience, { subjectType });
    const { body } = await tokensOf(user.id, audience, WANTED, client);
    expect(body.scope).toBe('openid read offline_access');
    const other = await aClient(door, { tokenEndpointAuthMethod: 'none' });
    await grant(other.id, audience, { subjectType, settings: { allow_all_scopes: true } });
    const all = await tokensOf(user.id, audience, WANTED, other);
    expect(all.body.scope).toBe(WANTED);
  });

  test('may exclude users', async () => {
    const audience = await userPolicy('deny_all');
    const user = await aUser(door);
    const { back } = await tokensOf(user.id, audience, WANTED);
    expect(back.searchParams.get('error')).toBe('access_denied');
  });

  test('may exclude applications', async () => {
    const audience = await anApi({ subjectTypeAuthorization: { client: { policy: 'deny_all' } } });
    const client = await aClient(door);
    await grant(client.id, audience);
    const answer = await postToken(door, {
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      audience,
    });
    expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });
});

test("a token that passes through the browser's address may have a shorter lifetime", async () => {
  const audience = await anApi({ tokenLifetime: 600, tokenLifetimeForWeb: 60 });
  const user = await aUser(door);
  const client = await aClient(door, { grantTypes: ['implicit', 'authorization_code'] });
  const params = { audience, scope: 'openid', response_type: 'token', nonce: 'n' };
  const back = await logIn(door, new Browser(), { clientId: client.id, params }, user.id);
  const { exp = 0, iat = 0 } = decodeJwt(
    new URLSearchParams(back.hash.slice(1)).get('access_token') ?? '',
  );
  expect(exp - iat).toBe(60);
  const { body } = await tokensOf(user.id, audience, 'openid');
  expect(body.expires_in).toBe(600);
});
