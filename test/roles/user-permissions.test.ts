import { beforeAll, describe, expect, it } from 'vitest';

import { type Api, anApi, aRole, aUser, openApi, pairs } from './granted.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});

const NO_USER = {
  statusCode: 404,
  error: 'Not Found',
  message: 'The user does not exist.',
  errorCode: 'inexistent_user',
};

describe('the roles of a user', () => {
  it('are listed, paged and removed with a body on DELETE', async () => {
    const user = await aUser(api);
    const roles = [await aRole(api), await aRole(api)].sort();
    const path = `${user.path}/roles`;
    await api.call('POST', path, { roles });
    const list = await api.call('GET', `${path}?include_totals=true&per_page=1&page=1`);
    expect(list.body).toMatchObject({ start: 1, limit: 1, total: 2, roles: [{ id: roles[1] }] });
    const [taken, kept] = roles;
    const removed = await api.call('DELETE', path, { roles: [taken, 'rol_no'] });
    expect(removed).toMatchObject({ status: 204, body: undefined });
    expect((await api.call('GET', path)).body).toEqual([
      { id: kept, name: expect.stringMatching(/^Role /) },
    ]);
    expect((await api.call('DELETE', path)).status).toBe(400);
  });

  it('and permissions need an existing user', async () => {
    const path = '/users/auth0%7Cnobody';
    const orders = await anApi(api, 'read');
    const body = pairs(orders.identifier, 'read');
    for (const method of ['GET', 'POST', 'DELETE']) {
      const roles = method === 'GET' ? undefined : { roles: [await aRole(api)] };
      const permissions = method === 'GET' ? undefined : body;
      expect((await api.call(method, `${path}/roles`, roles)).body).toEqual(NO_USER);
      expect((await api.call(method, `${path}/permissions`, permissions)).body).toEqual(NO_USER);
    }
    const api_ = `resource_server_identifier=${encodeURIComponent(orders.identifier)}`;
    for (const each of [
      'effective-roles',
      `effective-permissions?${api_}`,
      `effective-permissions/sources/effective-roles?${api_}&permission_name=read`,
      'effective-roles/sources/groups?role_id=rol_no',
    ]) {
      expect((await api.call('GET', `${path}/${each}`)).body, each).toEqual(NO_USER);
    }
  });
});

describe('the permissions of a user', () => {
  it('name the source of each', async () => {
    const user = await aUser(api);
    const role = await aRole(api);
    const orders = await anApi(api, 'read', 'write', 'delete');
    const { name } = (await api.call('GET', `/roles/${role}`)).body;
    await api.call('POST', `/roles/${role}/permissions`, pairs(orders.identifier, 'read', 'write'));
    await api.call('POST', `${user.path}/roles`, { roles: [role] });
    const path = `${user.path}/permissions`;
    const given = await api.call('POST', path, pairs(orders.identifier, 'write', 'delete'));
    expect(given).toMatchObject({ status: 201, body: {} });
    const byRole = { source_id: role, source_name: name, source_type: 'ROLE' };
    const direct = { source_id: '', source_name: '', source_type: 'DIRECT' };
    const list = await api.call('GET', `${path}?include_totals=true`);
    expect(list.body).toMatchObject({ start: 0, limit: 50, total: 3 });
    expect(list.body.permissions).toEqual(
      [
        { permission_name: 'delete', description: 'May delete', sources: [direct] },
        { permission_name: 'read', description: 'May read', sources: [byRole] },
        { permission_name: 'write', description: 'May write', sources: [direct, byRole] },
      ].map((each) => ({
        ...each,
        resource_server_identifier: orders.identifier,
        resource_server_name: orders.name,
      })),
    );
    const second = await api.call('GET', `${path}?per_page=1&page=1`);
    expect(second.body).toMatchObject([{ permission_name: 'read' }]);

    const taken = await api.call('DELETE', path, pairs(orders.identifier, 'read', 'write'));
    expect(taken.status).toBe(204);
    const rest = (await api.call('GET', path)).body;
    expect(rest.map((each: { sources: object }) => each.sources)).toEqual([
      [direct],
      [byRole],
      [byRole],
    ]);
  });

  it('are assigned all or not at all', async () => {
    const user = await aUser(api);
    const orders = await anApi(api, 'read');
    const path = `${user.path}/permissions`;
    expect((await api.call('POST', path, pairs(orders.identifier, 'read', 'fly'))).status).toBe(
      400,
    );
    expect((await api.call('POST', path, pairs('urn:none', 'read'))).status).toBe(404);
    expect((await api.call('POST', path, { permissions: [{ permission_name: 'x' }] })).status).toBe(
      400,
    );
    expect((await api.call('GET', path)).body).toEqual([]);
  });

  it('are one row each, even with sixteen simultaneous requests', async () => {
    const user = await aUser(api);
    const orders = await anApi(api, 'read', 'write');
    const statuses = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const body = pairs(orders.identifier, 'read', 'write');
        return (await api.call('POST', `${user.path}/permissions`, body)).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([201]));
    expect((await api.call('GET', `${user.path}/permissions`)).body).toHaveLength(2);
  });
});

describe('the effective permissions of a user', () => {
  it('are listed for one API with their kinds of sources, by cursor', async () => {
    const user = await aUser(api);
    const role = await aRole(api);
    const [orders, other] = [await anApi(api, 'a', 'b', 'c'), await anApi(api, 'z')];
    await api.call('POST', `/roles/${role}/permissions`, pairs(orders.identifier, 'b', 'c'));
    await api.call('POST', `${user.path}/roles`, { roles: [role] });
    await api.call('POST', `${user.path}/permissions`, pairs(orders.identifier, 'a', 'b'));
    await api.call('POST', `${user.path}/permissions`, pairs(other.identifier, 'z'));
    const at = `resource_server_identifier=${encodeURIComponent(orders.identifier)}`;
    const path = `${user.path}/effective-permissions`;
    const first = await api.call('GET', `${path}?${at}&take=2`);
    const common = {
      resource_server_identifier: orders.identifier,
      resource_server_name: orders.name,
    };
    expect(first.body).toEqual({
      permissions: [
        { ...common, permission_name: 'a', description: 'May a', sources: ['direct'] },
        { ...common, permission_name: 'b', description: 'May b', sources: ['direct', 'roles'] },
      ],
      next: expect.any(String),
    });
    const second = await api.call('GET', `${path}?${at}&take=2&from=${first.body.next}`);
    expect(second.body).toEqual({
      permissions: [{ ...common, permission_name: 'c', description: 'May c', sources: ['roles'] }],
    });
    expect((await api.call('GET', path)).status).toBe(400);

    const sources = `${path}/sources/effective-roles?${at}&permission_name=`;
    expect((await api.call('GET', `${sources}b`)).body).toEqual({
      roles: [{ id: role, name: expect.any(String), description: '', sources: ['direct'] }],
    });
    expect((await api.call('GET', `${sources}a`)).body).toEqual({ roles: [] });
  });

  it('include the roles, and no groups', async () => {
    const user = await aUser(api);
    const roles = [await aRole(api), await aRole(api), await aRole(api)].sort();
    await api.call('POST', `${user.path}/roles`, { roles });
    const path = `${user.path}/effective-roles`;
    const first = await api.call('GET', `${path}?take=2`);
    expect(first.body.roles).toMatchObject([
      { id: roles[0], sources: ['direct'] },
      { id: roles[1], sources: ['direct'] },
    ]);
    const second = await api.call('GET', `${path}?from=${first.body.next}`);
    expect(second.body).toMatchObject({ roles: [{ id: roles[2] }] });
    expect(second.body.next).toBeUndefined();
    const groups = await api.call('GET', `${path}/sources/groups?role_id=${roles[0]}`);
    expect(groups).toMatchObject({ status: 200, body: { groups: [] } });
  });
});
