import { beforeAll, describe, expect, it } from 'vitest';
import { ensureDefaults } from '../../src/flows/ensure-defaults/ensure-defaults.ts';
import { sha256 } from '../../src/platform/crypto/crypto.ts';
import { findGrant } from '../../src/records/client-grants/client-grants.ts';
import { findClient } from '../../src/records/clients/clients.ts';
import {
  AUDIENCE,
  BOOTSTRAP,
  type ManagementFixture,
  PUBLIC_URL,
  startManagementApi,
} from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

const clientId = async () => (await api.call('POST', '/clients', { name: 'c' })).body.client_id;

describe('an API', () => {
  it('is registered with defaults, and found by id and by identifier', async () => {
    const answer = await api.call('POST', '/resource-servers', {
      identifier: 'https://orders.test/v1',
      name: 'Orders',
      scopes: [{ value: 'read:orders', description: 'Read' }, { value: 'write:orders' }],
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      identifier: 'https://orders.test/v1',
      name: 'Orders',
      is_system: false,
      scopes: [{ value: 'read:orders', description: 'Read' }, { value: 'write:orders' }],
      signing_alg: 'RS256',
      allow_offline_access: false,
      skip_consent_for_verifiable_first_party_clients: true,
      token_lifetime: 86400,
      token_lifetime_for_web: 7200,
    });
    for (const key of [answer.body.id, encodeURIComponent('https://orders.test/v1')]) {
      expect((await api.call('GET', `/resource-servers/${key}`)).body).toEqual(answer.body);
    }
    const again = await api.call('POST', '/resource-servers', {
      identifier: 'https://orders.test/v1',
    });
    expect(again).toMatchObject({
      status: 409,
      body: { message: 'A resource server with the same identifier already exists.' },
    });
  });

  it('is changed field by field', async () => {
    const { body } = await api.call('POST', '/resource-servers', {
      identifier: 'urn:changes',
      token_lifetime: 60,
    });
    const patch = await api.call('PATCH', `/resource-servers/${body.id}`, {
      allow_offline_access: true,
      scopes: [{ value: 'a' }, { value: 'a', description: 'last' }],
    });
    expect(patch.status).toBe(201);
    expect(patch.body).toMatchObject({
      allow_offline_access: true,
      token_lifetime: 60,
      scopes: [{ value: 'a', description: 'last' }],
    });
  });

  it('is shown with the requested fields', async () => {
    const { body } = await api.call('POST', '/resource-servers', { identifier: 'urn:fields' });
    const some = await api.call('GET', `/resource-servers/${body.id}?fields=id,identifier`);
    expect(some.body).toEqual({ id: body.id, identifier: 'urn:fields' });
    const list = await api.call('GET', '/resource-servers?fields=scopes&include_fields=false');
    expect(list.body[0]).not.toHaveProperty('scopes');
    expect(list.body[0]).toHaveProperty('identifier');
  });

  it('has a browser token lifetime no longer than its token lifetime', async () => {
    const { body } = await api.call('POST', '/resource-servers', { identifier: 'urn:short-lived' });
    const patch = (change: object) => api.call('PATCH', `/resource-servers/${body.id}`, change);
    expect((await patch({ token_lifetime: 600 })).body).toMatchObject({
      token_lifetime: 600,
      token_lifetime_for_web: 600,
    });
    expect((await patch({ token_lifetime_for_web: 601 })).status).toBe(400);
    expect((await patch({ token_lifetime: 900 })).body.token_lifetime_for_web).toBe(600);
  });

  it('of the system lists every scope, and can be neither changed nor deleted', async () => {
    const { body } = await api.call('GET', `/resource-servers/${encodeURIComponent(AUDIENCE)}`);
    expect(body.is_system).toBe(true);
    expect(body.scopes.map((scope: { value: string }) => scope.value)).toEqual(
      api.scopes.map((scope) => scope.value),
    );
    expect(await api.call('PATCH', `/resource-servers/${body.id}`, { name: 'x' })).toMatchObject({
      status: 400,
      body: { message: 'System resource servers cannot be patched.' },
    });
    expect(await api.call('DELETE', `/resource-servers/${body.id}`)).toMatchObject({
      status: 400,
      body: { message: 'System resource servers cannot be deleted.' },
    });
  });

  it('is listed, also by identifier', async () => {
    const list = await api.call(
      'GET',
      `/resource-servers?include_totals=true&identifiers=${encodeURIComponent(AUDIENCE)}`,
    );
    expect(list.body).toMatchObject({ start: 0, limit: 50, total: 1 });
    expect(list.body.resource_servers[0].identifier).toBe(AUDIENCE);
    expect((await api.call('GET', '/resource-servers')).body.length).toBeGreaterThan(1);
  });

  it('is deleted, and the answer is 204 again after that', async () => {
    const { body } = await api.call('POST', '/resource-servers', { identifier: 'urn:short' });
    expect((await api.call('DELETE', `/resource-servers/${body.id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/resource-servers/${body.id}`)).status).toBe(204);
    expect((await api.call('GET', '/resource-servers/urn:short')).body).toEqual({
      statusCode: 404,
      error: 'Not Found',
      message: 'The resource server does not exist',
      errorCode: 'inexistent_resource_server',
    });
  });

  it('is refused with impossible settings', async () => {
    for (const body of [
      { identifier: 'urn:x', signing_alg: 'RS512' },
      { identifier: `${PUBLIC_URL}/userinfo` },
      { identifier: 'urn:x', scopes: [{ value: 'two words' }] },
      { identifier: 'urn:x', other: 1 },
      {},
    ]) {
      const answer = await api.call('POST', '/resource-servers', body);
      expect(answer.status, JSON.stringify(body)).toBe(400);
    }
  });
});

describe('a client grant', () => {
  it('is created once per client and API', async () => {
    const client_id = await clientId();
    const body = { client_id, audience: AUDIENCE, scope: ['read:users'] };
    const answer = await api.call('POST', '/client-grants', body);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^cgr_[A-Za-z0-9]{16}$/),
      ...body,
      subject_type: 'client',
    });
    expect((await api.call('GET', `/client-grants/${answer.body.id}`)).body).toEqual(answer.body);
    expect(await api.call('POST', '/client-grants', body)).toMatchObject({
      status: 409,
      body: { message: 'A resource with this client_id and audience already exists' },
    });
  });

  it('names an existing client, API and scopes', async () => {
    const client_id = await clientId();
    const post = (body: object) =>
      api.call('POST', '/client-grants', { client_id, audience: AUDIENCE, scope: [], ...body });
    expect((await post({ client_id: 'nobody' })).body.errorCode).toBe('inexistent_client');
    expect((await post({ audience: 'urn:none' })).body.errorCode).toBe(
      'inexistent_resource_server',
    );
    expect((await post({ scope: ['fly'] })).body.message).toBe(
      `The API ${AUDIENCE} does not have the following scopes: fly`,
    );
    expect((await post({ default_for: 'third_party_clients' })).status).toBe(400);
    expect((await post({ more: 1 })).body.message).toBe(
      "Payload validation error: 'Additional properties not allowed: more'.",
    );
  });

  it('is changed, listed and deleted', async () => {
    const client_id = await clientId();
    const { body } = await api.call('POST', '/client-grants', { client_id, audience: AUDIENCE });
    expect(body.scope).toEqual([]);
    const patch = await api.call('PATCH', `/client-grants/${body.id}`, {
      scope: ['read:users', 'create:users'],
      organization_usage: 'allow',
    });
    expect(patch).toMatchObject({
      status: 200,
      body: { scope: ['read:users', 'create:users'], organization_usage: 'allow' },
    });
    const list = await api.call('GET', `/client-grants?client_id=${client_id}&include_totals=true`);
    expect(list.body).toEqual({ start: 0, limit: 50, total: 1, client_grants: [patch.body] });
    const page = await api.call('GET', '/client-grants?take=1');
    expect(page.body.client_grants).toHaveLength(1);
    expect(page.body.next).toBeTruthy();
    expect((await api.call('DELETE', `/client-grants/${body.id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/client-grants/${body.id}`)).status).toBe(204);
    for (const method of ['GET', 'PATCH']) {
      const gone = await api.call(
        method,
        `/client-grants/${body.id}`,
        method === 'PATCH' ? { scope: [] } : undefined,
      );
      expect(gone.body).toMatchObject({
        message: 'The grant does not exist.',
        errorCode: 'inexistent_client_grant',
      });
    }
  });

  it('is deleted with its client', async () => {
    const client_id = await clientId();
    const { body } = await api.call('POST', '/client-grants', { client_id, audience: AUDIENCE });
    await api.call('DELETE', `/clients/${client_id}`);
    expect((await api.call('GET', `/client-grants/${body.id}`)).status).toBe(404);
  });
});

describe('the defaults of every server', () => {
  it('are created once by simultaneous starts, and follow the environment', async () => {
    const { db } = api.database;
    const start = (secret: string, scopes = api.scopes) =>
      ensureDefaults(db, {
        keys: api.keys,
        publicUrl: PUBLIC_URL,
        scopes,
        bootstrapClient: { id: BOOTSTRAP.id, secret },
        now: new Date(),
      });
    await api.call('PATCH', `/clients/${BOOTSTRAP.id}`, { name: 'Renamed by an operator' });
    await Promise.all(Array.from({ length: 8 }, () => start('another secret of 20')));
    const { rows } = await api.database.execute(
      "select count(*) as n from connections where name = 'Username-Password-Authentication'",
    );
    expect(rows).toEqual([{ n: 1 }]);
    const client = await findClient(db, BOOTSTRAP.id);
    expect(client?.secretHash).toEqual(sha256('another secret of 20'));
    expect(client?.name).toBe('Renamed by an operator');
    await start('another secret of 20', [{ value: 'read:users', description: 'Read users' }]);
    const grant = await findGrant(db, { clientId: BOOTSTRAP.id, audience: AUDIENCE });
    expect(grant?.scope).toEqual(['read:users']);
  });
});
