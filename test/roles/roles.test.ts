import { beforeAll, describe, expect, it } from 'vitest';

import { type Api, anApi, aRole, aUser, openApi, pairs } from './granted.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});

const NO_ROLE = { statusCode: 404, error: 'Not Found', message: 'The role does not exist.' };

describe('a role', () => {
  it('is created with 200, read, changed, and deleted once', async () => {
    const created = await api.call('POST', '/roles', { name: 'Editor', description: 'Edits' });
    expect(created.status).toBe(200);
    const { id } = created.body;
    expect(created.body).toEqual({
      id: expect.stringMatching(/^rol_[A-Za-z0-9]{16}$/),
      name: 'Editor',
      description: 'Edits',
    });
    expect(await api.call('GET', `/roles/${id}`)).toMatchObject({
      status: 200,
      body: created.body,
    });
    const changed = await api.call('PATCH', `/roles/${id}`, { description: 'Edits all' });
    expect(changed).toMatchObject({
      status: 200,
      body: { id, name: 'Editor', description: 'Edits all' },
    });
    expect(await api.call('DELETE', `/roles/${id}`)).toMatchObject({ status: 200, body: {} });
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const gone = await api.call(method, `/roles/${id}`, method === 'PATCH' ? {} : undefined);
      expect(gone.body, method).toEqual(NO_ROLE);
    }
  });

  it('has a unique name', async () => {
    await api.call('POST', '/roles', { name: 'Only one' });
    const other = await api.call('POST', '/roles', { name: 'Another' });
    const again = { status: 409, body: { message: 'The role already exists.' } };
    expect(await api.call('POST', '/roles', { name: 'Only one' })).toMatchObject(again);
    const renamed = await api.call('PATCH', `/roles/${other.body.id}`, { name: 'Only one' });
    expect(renamed).toMatchObject(again);
  });

  it('is refused without a name or with undocumented fields', async () => {
    for (const body of [{}, { name: '' }, { name: 1 }, { name: 'x', permissions: [] }]) {
      const answer = await api.call('POST', '/roles', body);
      expect(answer, JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { errorCode: 'invalid_body' },
      });
    }
  });

  it('is found by part of its name in any case, and listed in pages', async () => {
    for (const name of ['Night Watch', 'night owl', 'daylight']) {
      await api.call('POST', '/roles', { name });
    }
    const names = async (query: string) =>
      (await api.call('GET', `/roles?${query}`)).body
        .map((role: { name: string }) => role.name)
        .sort();
    expect(await names('name_filter=NIGHT')).toEqual(['Night Watch', 'night owl']);
    expect(await names('name_filter=%25')).toEqual([]);
    const page = await api.call(
      'GET',
      '/roles?name_filter=i&per_page=1&page=1&include_totals=true',
    );
    expect(page.body).toMatchObject({ start: 1, limit: 1 });
    expect(page.body.total).toBeGreaterThan(2);
    expect(page.body.roles).toHaveLength(1);
    expect((await api.call('GET', '/roles?take=1')).body.message).toMatch(
      'Additional properties not allowed: take',
    );
  });
});

describe('the permissions of a role', () => {
  it('are added and removed as pairs of API and scope', async () => {
    const role = await aRole(api);
    const orders = await anApi(api, 'read', 'write');
    const path = `/roles/${role}/permissions`;
    const given = await api.call('POST', path, pairs(orders.identifier, 'write', 'read', 'read'));
    expect(given).toMatchObject({ status: 201, body: {} });
    await api.call('POST', path, pairs(orders.identifier, 'read'));
    const list = await api.call('GET', `${path}?include_totals=true`);
    const common = {
      resource_server_identifier: orders.identifier,
      resource_server_name: orders.name,
    };
    expect(list.body).toEqual({
      start: 0,
      limit: 50,
      total: 2,
      permissions: [
        { permission_name: 'read', description: 'May read', ...common },
        { permission_name: 'write', description: 'May write', ...common },
      ],
    });
    const taken = await api.call('DELETE', path, pairs(orders.identifier, 'read', 'other'));
    expect(taken).toMatchObject({ status: 204, body: undefined });
    const rest = await api.call('GET', path);
    expect(rest.body).toMatchObject([{ permission_name: 'write' }]);
  });

  it('are added all or not at all', async () => {
    const role = await aRole(api);
    const orders = await anApi(api, 'read');
    const path = `/roles/${role}/permissions`;
    const unknown = await api.call('POST', path, pairs(orders.identifier, 'read', 'fly'));
    expect(unknown).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('fly') },
    });
    const nowhere = await api.call('POST', path, pairs('urn:none', 'read'));
    expect(nowhere.body).toEqual({ ...NO_ROLE, message: 'The resource server does not exist.' });
    expect((await api.call('GET', path)).body).toEqual([]);
    const noRole = await api.call('POST', '/roles/rol_none/permissions', pairs('urn:none', 'read'));
    expect(noRole.body).toEqual(NO_ROLE);
    expect((await api.call('POST', path, { permissions: [] })).status).toBe(400);
  });

  it('disappear with the scope and with the API, and do not return with a new one', async () => {
    const role = await aRole(api);
    const user = await aUser(api);
    const orders = await anApi(api, 'read', 'write');
    const path = `/roles/${role}/permissions`;
    for (const each of [path, `${user.path}/permissions`]) {
      await api.call('POST', each, pairs(orders.identifier, 'read', 'write'));
    }
    const patch = (...scopes: string[]) =>
      api.call('PATCH', `/resource-servers/${orders.id}`, {
        scopes: scopes.map((value) => ({ value })),
      });
    await patch('write');
    await patch('write', 'read');
    const names = async (each: string) =>
      (await api.call('GET', each)).body.map((p: { permission_name: string }) => p.permission_name);
    expect(await names(path)).toEqual(['write']);
    expect(await names(`${user.path}/permissions`)).toEqual(['write']);
    await api.call('DELETE', `/resource-servers/${orders.id}`);
    expect(await names(path)).toEqual([]);
    expect(await names(`${user.path}/permissions`)).toEqual([]);
  });
});

describe('the members of a role', () => {
  it('are assigned from both sides and listed by page and by checkpoint', async () => {
    const role = await aRole(api);
    const people = await Promise.all([aUser(api), aUser(api), aUser(api)]);
    const ids = people.map((person) => person.id).sort();
    const assigned = await api.call('POST', `/roles/${role}/users`, { users: ids.slice(0, 2) });
    expect(assigned).toMatchObject({ status: 200, body: {} });
    const last = people.find((person) => person.id === ids[2]);
    expect(await api.call('POST', `${last?.path}/roles`, { roles: [role] })).toMatchObject({
      status: 204,
      body: undefined,
    });
    const page = await api.call('GET', `/roles/${role}/users?per_page=2&include_totals=true`);
    expect(page.body).toMatchObject({ start: 0, limit: 2, total: 3 });
    const found: string[] = [];
    let from = '';
    for (let pages = 0; pages < 3; pages++) {
      const { body } = await api.call('GET', `/roles/${role}/users?take=1${from}`);
      found.push(...body.users.map((user: { user_id: string }) => user.user_id));
      expect(body.next === undefined).toBe(pages === 2);
      from = `&from=${body.next}`;
    }
    expect(found).toEqual(ids);
    const [first] = (await api.call('GET', `/roles/${role}/users`)).body;
    expect(Object.keys(first).sort()).toEqual(['email', 'name', 'picture', 'user_id']);
    const deep = await api.call('GET', `/roles/${role}/users?page=10&per_page=100`);
    expect(deep).toMatchObject({ status: 400, body: { errorCode: 'invalid_paging' } });
  });

  it('are assigned all or not at all', async () => {
    const role = await aRole(api);
    const user = await aUser(api);
    const answer = await api.call('POST', `/roles/${role}/users`, { users: [user.id, 'auth0|no'] });
    expect(answer).toMatchObject({
      status: 404,
      body: { message: 'One or more of the users do not exist.' },
    });
    expect(
      (await api.call('POST', `${user.path}/roles`, { roles: [role, 'rol_no'] })).body,
    ).toEqual(NO_ROLE);
    expect((await api.call('GET', `/roles/${role}/users`)).body).toEqual([]);
    expect((await api.call('POST', '/roles/rol_no/users', { users: [user.id] })).body).toEqual(
      NO_ROLE,
    );
  });

  it('disappear with the user, and the role disappears from its members', async () => {
    const [role, other] = [await aRole(api), await aRole(api)];
    const [user, leaver] = [await aUser(api), await aUser(api)];
    await api.call('POST', `/roles/${role}/users`, { users: [user.id, leaver.id] });
    await api.call('POST', `${user.path}/roles`, { roles: [other] });
    await api.call('DELETE', leaver.path);
    expect((await api.call('GET', `/roles/${role}/users`)).body).toMatchObject([
      { user_id: user.id },
    ]);
    await api.call('DELETE', `/roles/${role}`);
    expect((await api.call('GET', `${user.path}/roles`)).body).toMatchObject([{ id: other }]);
  });

  it('are users, and not identities that are linked to another user', async () => {
    const role = await aRole(api);
    const orders = await anApi(api, 'read');
    const [primary, linked] = [await aUser(api), await aUser(api)];
    const link = await api.call('POST', `${primary.path}/identities`, {
      provider: 'auth0',
      user_id: linked.id,
    });
    expect(link.status).toBe(201);
    expect((await api.call('POST', `/roles/${role}/users`, { users: [linked.id] })).status).toBe(
      404,
    );
    const body = pairs(orders.identifier, 'read');
    expect((await api.call('POST', `${linked.path}/permissions`, body)).status).toBe(404);
    expect((await api.call('POST', `${linked.path}/roles`, { roles: [role] })).status).toBe(404);
  });

  it('are one row each, even with sixteen simultaneous assignments', async () => {
    const role = await aRole(api);
    const user = await aUser(api);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        n % 2 === 0
          ? api.call('POST', `/roles/${role}/users`, { users: [user.id] })
          : api.call('POST', `${user.path}/roles`, { roles: [role] }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 204]));
    const { rows } = await api.server.app.database.execute(
      'select count(*) as n from user_roles where role_id = $1',
      [role],
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('are readable with their own scope, or with both scopes of the joined objects', async () => {
    const role = await aRole(api);
    const user = await aUser(api);
    for (const path of [`/roles/${role}/users`, `${user.path}/roles`]) {
      const status = async (scope: string) =>
        (await api.call('GET', path, undefined, { token: await api.server.token([scope]) })).status;
      expect(await status('read:role_members')).toBe(200);
      expect(await status('read:users read:roles')).toBe(200);
      expect(await status('read:roles')).toBe(403);
      expect(await status('read:users')).toBe(403);
    }
  });
});
