import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pemOf = (type: 'spki' | 'pkcs1' = 'spki') =>
  pair.publicKey.export({ type, format: 'pem' }).toString();
const aClient = async (body: object = {}) =>
  (await api.call('POST', '/clients', { name: 'c', ...body })).body.client_id as string;
const aKey = async (client: string, body: object = {}) =>
  api.call('POST', `/clients/${client}/credentials`, {
    credential_type: 'public_key',
    pem: pemOf(),
    ...body,
  });

describe('a key of a client', () => {
  it('is added, read, listed, given an expiry, and removed', async () => {
    const client = await aClient();
    const path = `/clients/${client}/credentials`;
    const added = await aKey(client, { name: 'laptop', alg: 'PS256' });
    expect(added.status).toBe(201);
    expect(added.body).toEqual({
      id: expect.stringMatching(/^cred_[A-Za-z0-9]{22}$/),
      name: 'laptop',
      credential_type: 'public_key',
      kid: expect.stringMatching(/^[\w-]{43}$/),
      alg: 'PS256',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const each = `${path}/${added.body.id}`;
    expect((await api.call('GET', each)).body).toEqual(added.body);
    expect((await api.call('GET', path)).body).toEqual([added.body]);
    const ending = await api.call('PATCH', each, { expires_at: '2030-01-01T00:00:00.000Z' });
    expect(ending).toMatchObject({ status: 200, body: { expires_at: '2030-01-01T00:00:00.000Z' } });
    const endless = await api.call('PATCH', each, { expires_at: null });
    expect(endless.body).not.toHaveProperty('expires_at');
    for (let time = 0; time < 2; time++) expect((await api.call('DELETE', each)).status).toBe(204);
    const gone = { status: 404, body: { message: 'Credential does not exist' } };
    expect(await api.call('GET', each)).toMatchObject(gone);
    expect(await api.call('PATCH', each, { expires_at: null })).toMatchObject(gone);
  });

  it('belongs to that client alone', async () => {
    const [client, other] = [await aClient(), await aClient()];
    const { body } = await aKey(client);
    expect((await api.call('GET', `/clients/${other}/credentials/${body.id}`)).status).toBe(404);
    await api.call('DELETE', `/clients/${other}/credentials/${body.id}`);
    expect((await api.call('GET', `/clients/${client}/credentials/${body.id}`)).status).toBe(200);
    expect((await aKey('nobody')).body.errorCode).toBe('inexistent_client');
    const methods = { private_key_jwt: { credentials: [{ id: body.id }] } };
    const stolen = await api.call('PATCH', `/clients/${other}`, {
      client_authentication_methods: methods,
    });
    expect(stolen).toMatchObject({ status: 404, body: { message: 'Credential does not exist' } });
  });

  it('is an RSA public key of 2048 bits, as SPKI or PKCS1', async () => {
    const client = await aClient();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const small = publicKey.export({ type: 'spki', format: 'pem' });
    const secret = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect((await aKey(client, { pem: pemOf('pkcs1') })).status).toBe(201);
    for (const pem of [small, secret, curve.export({ type: 'spki', format: 'pem' }), 'nonsense']) {
      const answer = await aKey(client, { pem });
      expect(answer, String(pem).slice(0, 40)).toMatchObject({
        status: 400,
        body: { errorCode: 'invalid_body' },
      });
    }
    expect((await aKey(client, { credential_type: 'x509_cert' })).body.errorCode).toBe(
      'operation_not_supported',
    );
  });

  it('has a unique kid within the client', async () => {
    const client = await aClient();
    const kid = 'the-key-of-this-test';
    expect((await aKey(client, { kid })).body.kid).toBe(kid);
    expect((await aKey(client, { kid })).status).toBe(409);
    expect((await aKey(client, { kid: 'short' })).status).toBe(400);
  });
});

describe('a client that signs instead of having a secret', () => {
  it('is created with its keys and shows the keys in use', async () => {
    const credentials = [{ credential_type: 'public_key', pem: pemOf() }];
    const made = await api.call('POST', '/clients', {
      name: 'signer',
      client_authentication_methods: { private_key_jwt: { credentials } },
    });
    expect(made.status).toBe(201);
    expect(made.body).not.toHaveProperty('token_endpoint_auth_method');
    const id = made.body.client_id;
    const keys = (await api.call('GET', `/clients/${id}/credentials`)).body;
    expect(made.body.client_authentication_methods).toEqual({
      private_key_jwt: { credentials: [{ id: keys[0].id }] },
    });
    const rotated = await api.call('POST', `/clients/${id}/rotate-secret`);
    expect(rotated).toMatchObject({ status: 400, body: { errorCode: 'operation_not_supported' } });
    await api.call('DELETE', `/clients/${id}/credentials/${keys[0].id}`);
    expect((await api.call('GET', `/clients/${id}`)).body.client_authentication_methods).toEqual({
      private_key_jwt: { credentials: [] },
    });
  });

  it('starts and stops signing through PATCH', async () => {
    const client = await aClient();
    const { id } = (await aKey(client)).body;
    const patch = (body: object) => api.call('PATCH', `/clients/${client}`, body);
    const client_authentication_methods = { private_key_jwt: { credentials: [{ id }] } };
    const both = await patch({
      client_authentication_methods,
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(both.status).toBe(400);
    const on = await patch({ client_authentication_methods, token_endpoint_auth_method: null });
    expect(on.body).toMatchObject({ client_authentication_methods });
    expect((await patch({ name: 'still' })).body).toMatchObject({ client_authentication_methods });
    const off = await patch({
      client_authentication_methods: null,
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(off.body).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic' });
    expect(off.body).not.toHaveProperty('client_authentication_methods');
    const mtls = await patch({
      client_authentication_methods: { tls_client_auth: { credentials: [] } },
    });
    expect(mtls.body.errorCode).toBe('operation_not_supported');
  });

  it('needs the scope for credentials, which alone changes nothing else', async () => {
    const client = await aClient();
    const { id } = (await aKey(client)).body;
    const client_authentication_methods = { private_key_jwt: { credentials: [{ id }] } };
    const patch = async (scope: string, body: object) =>
      (await api.call('PATCH', `/clients/${client}`, body, { token: await api.token({ scope }) }))
        .status;
    expect(await patch('update:clients', { client_authentication_methods })).toBe(403);
    expect(await patch('update:client_credentials', { name: 'other' })).toBe(403);
    expect(await patch('update:client_credentials', { client_authentication_methods })).toBe(200);
    const credentials = [{ credential_type: 'public_key', pem: pemOf() }];
    const made = await api.call(
      'POST',
      '/clients',
      { name: 'x', client_authentication_methods: { private_key_jwt: { credentials } } },
      { token: await api.token({ scope: 'create:clients' }) },
    );
    expect(made.status).toBe(403);
  });
});
