import { beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

const create = (body: object) => api.call('POST', '/clients', { name: 'c', ...body });

describe("a client's fields", () => {
  it('depend on the scopes of the caller', async () => {
    const { client_id } = (
      await create({
        description: 'd',
        app_type: 'spa',
        callbacks: ['https://a.test'],
      })
    ).body;
    const seen = async (scope: string) => {
      const token = await api.token({ scope });
      const each = (await api.call('GET', `/clients/${client_id}`, undefined, { token })).body;
      const all = (await api.call('GET', '/clients', undefined, { token })).body;
      expect(all.find((c: { client_id: string }) => c.client_id === client_id)).toEqual(each);
      return Object.keys(each);
    };
    expect((await seen('read:client_summary')).sort()).toEqual([
      'app_type',
      'client_id',
      'description',
      'name',
    ]);
    const plain = await seen('read:clients');
    expect(plain).toContain('callbacks');
    expect(plain).not.toContain('signing_keys');
    const credentials = await seen('read:client_credentials');
    expect(credentials).toContain('signing_keys');
    expect(credentials).not.toContain('callbacks');
    const keys = await seen('read:client_keys');
    for (const name of ['callbacks', 'signing_keys']) expect(keys).toContain(name);
    expect(keys).not.toContain('client_secret');
  });

  it('with an effect are kept, and the others show fixed values', async () => {
    const organization = await api.call('POST', '/organizations', { name: 'by-default' });
    const body = {
      app_type: 'regular_web',
      organization_usage: 'require',
      organization_require_behavior: 'post_login_prompt',
      default_organization: {
        organization_id: organization.body.id,
        flows: ['client_credentials'],
      },
      require_pushed_authorization_requests: true,
      is_token_endpoint_ip_header_trusted: true,
      oidc_conformant: true,
      sso_disabled: false,
    };
    const { status, body: made } = await create(body);
    expect(status).toBe(201);
    expect((await api.call('GET', `/clients/${made.client_id}`)).body).toMatchObject(body);
    const refresh_token = { rotation_type: 'rotating', expiration_type: 'expiring' };
    const patched = await api.call('PATCH', `/clients/${made.client_id}`, {
      refresh_token,
      organization_usage: null,
    });
    expect(patched.body).toMatchObject({ refresh_token });
    expect(patched.body).not.toHaveProperty('organization_usage');
  });
});

describe('a client is refused', () => {
  it('with metadata that is too large, too long, or badly named', async () => {
    const long = 'x'.repeat(256);
    for (const client_metadata of [
      Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, 'x'])),
      { a: long },
      { [long]: 'a' },
      { ä: 'a' },
      { a: 1 },
    ]) {
      expect((await create({ client_metadata })).status).toBe(400);
    }
    expect((await create({ client_metadata: { 'a:b_c?(d)/e f': 'ok' } })).status).toBe(201);
  });

  it('with a login address without https, or with a fragment or unknown placeholders', async () => {
    for (const uri of [
      'http://app.test/login',
      'https://app.test/login#x',
      'https://{tenant}.app.test/login',
      'https://{organization.metadata.secret}.app.test/',
      'app.test',
    ]) {
      expect((await create({ initiate_login_uri: uri })).status, uri).toBe(400);
    }
    for (const uri of [
      '',
      'https://app.test/login',
      'https://{organization.metadata.public_host}/login',
      'https://{custom_domain.metadata.public_host}/login',
    ]) {
      expect((await create({ initiate_login_uri: uri })).status, uri).toBe(201);
    }
  });
});

describe('a search for clients', () => {
  it('finds those with a grant for an organization, or for any', async () => {
    const mine = (await create({})).body.client_id;
    const open = (await create({})).body.client_id;
    const grant = async (client_id: string, more: object) =>
      (await api.call('POST', '/client-grants', { client_id, audience: AUDIENCE, ...more })).body
        .id;
    const id = await grant(mine, { organization_usage: 'allow' });
    await grant(open, { organization_usage: 'allow', allow_any_organization: true });
    const { body: organization } = await api.call('POST', '/organizations', { name: 'acme' });
    await api.call('POST', `/organizations/${organization.id}/client-grants`, { grant_id: id });
    const found = async (q: string) => {
      const { body } = await api.call('GET', `/clients?take=10&q=${encodeURIComponent(q)}`);
      return body.clients.map((client: { client_id: string }) => client.client_id);
    };
    expect(await found(`client_grant.organization_id:${organization.id}`)).toEqual([mine]);
    expect(await found('client_grant.allow_any_organization:true')).toEqual([open]);
    const status = async (query: string) => (await api.call('GET', `/clients?${query}`)).status;
    const q = 'q=client_grant.allow_any_organization:true';
    expect(await status(q)).toBe(400);
    expect(await status(`${q}&take=5&app_type=spa`)).toBe(400);
    expect(await status('q=name:x&take=5')).toBe(400);
    expect((await api.call('GET', '/clients?external_client_id=https://x.test')).body).toEqual([]);
  });
});
