import { beforeAll, describe, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;
let users: string[];
let connectionId: string;

beforeAll(async () => {
  api = await startManagementApi();
  connectionId = (await api.call('GET', '/connections')).body[0].id;
  users = [];
  for (const name of ['ada', 'bob', 'cyd']) {
    const made = await api.call('POST', '/users', {
      connection: 'Username-Password-Authentication',
      email: `${name}@example.test`,
      name,
      password: 'Tulip-canal-77!',
    });
    users.push(made.body.user_id);
  }
});

let serial = 0;
async function anOrganization(more: object = {}) {
  const made = await api.call('POST', '/organizations', { name: `acme-${++serial}`, ...more });
  expect(made.status).toBe(201);
  return made.body as { id: string; name: string };
}

async function aRole(name: string): Promise<string> {
  return (await api.call('POST', '/roles', { name: `${name}-${++serial}` })).body.id;
}

describe('an organization', () => {
  test('is created, found by id and name, changed and deleted', async () => {
    const made = await api.call('POST', '/organizations', {
      name: 'meadow',
      display_name: 'Meadow Inc',
      branding: {
        logo_url: 'https://cdn.test/logo.png',
        colors: { primary: '#ff00aa', page_background: '#ffffff' },
      },
      metadata: { plan: 'gold', gone: 'soon' },
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^org_[A-Za-z0-9]{16}$/),
      name: 'meadow',
      display_name: 'Meadow Inc',
      branding: {
        logo_url: 'https://cdn.test/logo.png',
        colors: { primary: '#ff00aa', page_background: '#ffffff' },
      },
      metadata: { plan: 'gold', gone: 'soon' },
    });
    const { id } = made.body;
    expect((await api.call('GET', `/organizations/${id}`)).body).toEqual(made.body);
    expect((await api.call('GET', '/organizations/name/meadow')).body).toEqual(made.body);

    const changed = await api.call('PATCH', `/organizations/${id}`, {
      display_name: 'Meadow',
      metadata: { gone: null, size: 'big' },
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      display_name: 'Meadow',
      metadata: { size: 'big' },
    });
    expect(changed.body.metadata).toEqual({ size: 'big' });

    expect((await api.call('DELETE', `/organizations/${id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/organizations/${id}`)).status).toBe(204);
    const gone = {
      statusCode: 404,
      error: 'Not Found',
      message: 'No organization found by that id or name',
    };
    expect((await api.call('GET', `/organizations/${id}`)).body).toEqual(gone);
    expect((await api.call('GET', '/organizations/name/meadow')).body).toEqual(gone);
    expect((await api.call('PATCH', `/organizations/${id}`, { name: 'x' })).body).toEqual(gone);
    // Its name is free again.
    expect((await api.call('POST', '/organizations', { name: 'meadow' })).status).toBe(201);
  });

  test('has a unique name', async () => {
    const { name } = await anOrganization();
    const taken = {
      statusCode: 409,
      error: 'Conflict',
      message: 'An organization with this name already exists.',
      errorCode: 'organization_conflict',
    };
    expect((await api.call('POST', '/organizations', { name })).body).toEqual(taken);
    const other = await anOrganization();
    expect((await api.call('PATCH', `/organizations/${other.id}`, { name })).body).toEqual(taken);
  });

  test.each([
    [{ name: 'Upper' }],
    [{ name: '-dash' }],
    [{ name: 'a b' }],
    [{ name: 'x'.repeat(51) }],
    [{ name: 'ok', branding: { logo_url: 'http://plain.test/x.png' } }],
    [{ name: 'ok', branding: { colors: { primary: '#fff' } } }],
    [{ name: 'ok', metadata: { k: 'v'.repeat(256) } }],
    [{ name: 'ok', unknown: true }],
    [{}],
  ])('is refused as %j', async (body) => {
    const answer = await api.call('POST', '/organizations', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errorCode).toBe('invalid_body');
  });

  test('is created with its connections or not at all', async () => {
    const made = await api.call('POST', '/organizations', {
      name: 'with-connections',
      enabled_connections: [{ connection_id: connectionId, assign_membership_on_login: true }],
    });
    expect(made.status).toBe(201);
    expect(made.body.enabled_connections).toEqual([
      {
        connection_id: connectionId,
        assign_membership_on_login: true,
        is_signup_enabled: false,
        show_as_button: true,
        connection: { name: 'Username-Password-Authentication', strategy: 'auth0' },
      },
    ]);
    const failed = await api.call('POST', '/organizations', {
      name: 'half-made',
      enabled_connections: [{ connection_id: 'con_0000000000000000' }],
    });
    expect(failed.status).toBe(404);
    expect((await api.call('GET', '/organizations/name/half-made')).status).toBe(404);
    const token = await api.token({ scope: 'create:organizations' });
    const refused = await api.call(
      'POST',
      '/organizations',
      { name: 'no-scope', enabled_connections: [{ connection_id: connectionId }] },
      { token },
    );
    expect(refused.status).toBe(403);
  });
});

describe('the list of organizations', () => {
  test('is paged by offset and by checkpoint, and sorted', async () => {
    for (let i = 0; i < 3; i++)
      await anOrganization({ name: `listed-${i}`, display_name: `L${i}` });
    const all = await api.call('GET', '/organizations?include_totals=true&per_page=2&page=1');
    expect(all.body).toMatchObject({ start: 2, limit: 2 });
    expect(all.body.organizations).toHaveLength(2);
    expect(all.body.total).toBeGreaterThanOrEqual(3);
    expect(Array.isArray((await api.call('GET', '/organizations')).body)).toBe(true);

    const byName = await api.call('GET', '/organizations?sort=name:-1&per_page=100');
    const names: string[] = byName.body.map((each: { name: string }) => each.name);
    expect(names).toEqual([...names].sort().reverse());

    const seen: string[] = [];
    let from = '';
    do {
      const page = await api.call('GET', `/organizations?take=2${from && `&from=${from}`}`);
      seen.push(...page.body.organizations.map((organization: { id: string }) => organization.id));
      from = page.body.next ?? '';
    } while (from !== '');
    expect(new Set(seen).size).toBe(all.body.total);
    expect(seen).toHaveLength(all.body.total);

    const deep = await api.call('GET', '/organizations?page=20&per_page=50');
    expect(deep.body).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: 'Requesting page exceeds the allowed maximum of 1000 records',
      errorCode: 'invalid_paging',
    });
    expect((await api.call('GET', '/organizations?sort=secret:1')).status).toBe(400);
  });

  test('shows a summary to callers with fewer scopes', async () => {
    await anOrganization({ name: 'summed-up', metadata: { inside: 'yes' } });
    const token = await api.token({ scope: 'read:organizations_summary' });
    const { body } = await api.call('GET', '/organizations', undefined, { token });
    const shown = body.find((candidate: { name: string }) => candidate.name === 'summed-up');
    expect(Object.keys(shown)).toEqual(['id', 'name']);
  });
});

describe('members', () => {
  test('are added, listed with their roles, and removed', async () => {
    const { id } = await anOrganization();
    const url = `/organizations/${id}/members`;
    expect((await api.call('POST', url, { members: users })).status).toBe(204);
    expect((await api.call('POST', url, { members: users.slice(0, 1) })).status).toBe(204);
    const listed = await api.call('GET', `${url}?include_totals=true`);
    expect(listed.body).toMatchObject({ start: 0, limit: 50, total: 3 });
    expect(listed.body.members[0]).toEqual({
      user_id: [...users].sort()[0],
      name: expect.any(String),
      email: expect.stringContaining('@example.test'),
      picture: expect.stringContaining('http'),
    });

    const role = await aRole('editor');
    const [first = ''] = [...users].sort();
    const roles = `${url}/${encodeURIComponent(first)}/roles`;
    expect((await api.call('POST', roles, { roles: [role] })).status).toBe(204);
    const withRoles = await api.call('GET', `${url}?fields=user_id,roles`);
    expect(withRoles.body[0]).toEqual({
      user_id: first,
      roles: [{ id: role, name: expect.stringContaining('editor') }],
    });
    expect(withRoles.body[1].roles).toEqual([]);
    const token = await api.token({ scope: 'read:organization_members' });
    expect((await api.call('GET', `${url}?fields=roles`, undefined, { token })).status).toBe(403);
    expect((await api.call('GET', `${url}?fields=nonsense`)).status).toBe(400);

    const page = await api.call('GET', `${url}?take=2`);
    expect(page.body.members).toHaveLength(2);
    const rest = await api.call('GET', `${url}?take=2&from=${page.body.next}`);
    expect(rest.body.members).toHaveLength(1);
    expect(rest.body).not.toHaveProperty('next');

    expect((await api.call('DELETE', url, { members: [first] })).status).toBe(204);
    expect((await api.call('DELETE', url, { members: [first] })).status).toBe(204);
    expect((await api.call('GET', url)).body).toHaveLength(2);
    expect((await api.call('GET', roles)).status).toBe(404);
    // The roles went with the membership.
    await api.call('POST', url, { members: [first] });
    expect((await api.call('GET', roles)).body).toEqual([]);
  });

  test('are added all or none', async () => {
    const { id } = await anOrganization();
    const url = `/organizations/${id}/members`;
    const answer = await api.call('POST', url, { members: [users[0], 'auth0|nobody'] });
    expect(answer.body).toMatchObject({ statusCode: 404, errorCode: 'inexistent_user' });
    expect((await api.call('GET', url)).body).toEqual([]);
    expect((await api.call('POST', url, { members: [] })).status).toBe(400);
  });

  test('see their organizations', async () => {
    const each = await anOrganization();
    const two = await anOrganization();
    const user = (
      await api.call('POST', '/users', {
        connection: 'Username-Password-Authentication',
        email: 'joiner@example.test',
        password: 'Tulip-canal-77!',
      })
    ).body.user_id;
    for (const { id } of [each, two]) {
      await api.call('POST', `/organizations/${id}/members`, { members: [user] });
    }
    const url = `/users/${encodeURIComponent(user)}/organizations`;
    const { body } = await api.call('GET', `${url}?include_totals=true`);
    expect(body).toMatchObject({ start: 0, limit: 50, total: 2 });
    expect(body.organizations.map((org: { id: string }) => org.id).sort()).toEqual(
      [each.id, two.id].sort(),
    );
    await api.call('DELETE', `/organizations/${each.id}`);
    expect((await api.call('GET', url)).body).toEqual([two]);
    expect((await api.call('GET', '/users/auth0%7Cnobody/organizations')).status).toBe(404);
  });
});

describe('roles of a member', () => {
  test('are given all or none, at most fifty, and only to members', async () => {
    const { id } = await anOrganization();
    const [user = '', stranger = ''] = users;
    await api.call('POST', `/organizations/${id}/members`, { members: [user] });
    const url = `/organizations/${id}/members/${encodeURIComponent(user)}/roles`;
    const all = [];
    for (let i = 0; i < 51; i++) all.push(await aRole('many'));
    expect((await api.call('POST', url, { roles: [all[0], 'rol_unknown'] })).status).toBe(404);
    expect((await api.call('GET', url)).body).toEqual([]);
    const tooMany = await api.call('POST', url, { roles: all });
    expect(tooMany.body).toEqual({
      statusCode: 409,
      error: 'Conflict',
      message: 'No more roles can be assigned to this organization member.',
    });
    expect((await api.call('POST', url, { roles: all.slice(0, 50) })).status).toBe(204);
    expect((await api.call('POST', url, { roles: all.slice(0, 1) })).status).toBe(204);
    expect((await api.call('POST', url, { roles: all.slice(50) })).status).toBe(409);
    expect((await api.call('GET', `${url}?include_totals=true&per_page=20`)).body).toMatchObject({
      start: 0,
      limit: 20,
      total: 50,
    });
    const effective = await api.call('GET', url.replace('/roles', '/effective-roles'));
    expect(effective.body.roles).toHaveLength(50);
    expect(effective.body.roles[0]).toMatchObject({ sources: ['direct'] });
    expect((await api.call('DELETE', url, { roles: all })).status).toBe(204);
    expect((await api.call('GET', url)).body).toEqual([]);
    const theirs = url.replace(encodeURIComponent(user), encodeURIComponent(stranger));
    expect((await api.call('POST', theirs, { roles: [all[0]] })).status).toBe(404);
  });

  test('disappear when the role is deleted', async () => {
    const { id } = await anOrganization();
    const [user = ''] = users;
    await api.call('POST', `/organizations/${id}/members`, { members: [user] });
    const role = await aRole('short-lived');
    const url = `/organizations/${id}/members/${encodeURIComponent(user)}/roles`;
    await api.call('POST', url, { roles: [role] });
    await api.call('DELETE', `/roles/${role}`);
    expect((await api.call('GET', url)).body).toEqual([]);
  });
});

describe('connections of an organization', () => {
  test('are listed by name in any order of arrival', async () => {
    const names = ['order-c', 'order-a', 'order-b'];
    const ids = await Promise.all(
      names.map(async (name) => {
        const made = await api.call('POST', '/connections', { name, strategy: 'auth0' });
        return made.body.id as string;
      }),
    );
    const made = await api.call('POST', '/organizations', {
      name: 'by-name',
      enabled_connections: ids.map((connection_id) => ({ connection_id })),
    });
    const list = await api.call('GET', `/organizations/${made.body.id}/enabled_connections`);
    expect(list.body.map((each: { connection: { name: string } }) => each.connection.name)).toEqual(
      [...names].sort(),
    );
  });

  test('are enabled, returned as recorded, changed and disabled', async () => {
    const { id } = await anOrganization();
    const url = `/organizations/${id}/enabled_connections`;
    const made = await api.call('POST', url, {
      connection_id: connectionId,
      assign_membership_on_login: true,
      is_signup_enabled: true,
      show_as_button: true,
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      connection_id: connectionId,
      assign_membership_on_login: true,
      is_signup_enabled: true,
      show_as_button: true,
      connection: { name: 'Username-Password-Authentication', strategy: 'auth0' },
    });
    expect((await api.call('POST', url, { connection_id: connectionId })).status).toBe(409);
    expect((await api.call('GET', url)).body).toEqual([made.body]);
    expect((await api.call('GET', `${url}?include_totals=true`)).body).toEqual({
      enabled_connections: [made.body],
      start: 0,
      limit: 1,
      total: 1,
    });
    const each = `${url}/${connectionId}`;
    expect((await api.call('GET', each)).body).toEqual(made.body);
    const rule = {
      message:
        'Only database connections with assign_membership_on_login = true support is_signup_enabled = true.',
      errorCode: 'invalid_body',
    };
    const wrong = await api.call('PATCH', each, { assign_membership_on_login: false });
    expect(wrong.body).toMatchObject(rule);
    const changed = await api.call('PATCH', each, {
      is_signup_enabled: false,
      assign_membership_on_login: false,
    });
    expect(changed.body).toMatchObject({
      is_signup_enabled: false,
      assign_membership_on_login: false,
      show_as_button: true,
    });
    expect((await api.call('PATCH', each, { is_signup_enabled: true })).body).toMatchObject(rule);
    expect((await api.call('DELETE', each)).status).toBe(204);
    expect((await api.call('DELETE', each)).status).toBe(204);
    const gone = { statusCode: 404, error: 'Not Found', message: 'No connection found by that id' };
    expect((await api.call('GET', each)).body).toEqual(gone);
    expect((await api.call('PATCH', each, { show_as_button: true })).body).toEqual(gone);
    expect((await api.call('POST', url, { connection_id: 'con_unknown' })).body).toEqual(gone);
  });
});

describe('client grants of an organization', () => {
  test('are added once, listed with filters, and removed', async () => {
    const { id } = await anOrganization();
    const client = (await api.call('POST', '/clients', { name: 'robot' })).body.client_id;
    const audience = 'https://orders.test';
    await api.call('POST', '/resource-servers', {
      identifier: audience,
      scopes: [{ value: 'read:orders' }],
    });
    const grant = (
      await api.call('POST', '/client-grants', {
        client_id: client,
        audience,
        scope: ['read:orders'],
        organization_usage: 'allow',
        allow_any_organization: false,
      })
    ).body.id;
    const url = `/organizations/${id}/client-grants`;
    const added = await api.call('POST', url, { grant_id: grant });
    expect(added.status).toBe(201);
    expect(added.body).toEqual({
      id: grant,
      client_id: client,
      audience,
      scope: ['read:orders'],
      organization_usage: 'allow',
      allow_any_organization: false,
    });
    expect((await api.call('POST', url, { grant_id: grant })).body).toEqual({
      statusCode: 409,
      error: 'Conflict',
      message: 'The client grant has already been added to this organization.',
    });
    expect((await api.call('POST', url, { grant_id: 'cgr_unknown' })).status).toBe(404);
    expect((await api.call('GET', url)).body).toEqual([added.body]);
    expect((await api.call('GET', `${url}?audience=other`)).body).toEqual([]);
    expect((await api.call('GET', `${url}?client_id=${client}`)).body).toHaveLength(1);
    expect((await api.call('GET', `${url}?grant_ids=${grant}`)).body).toHaveLength(1);
    expect((await api.call('GET', `${url}?include_totals=true`)).body.total).toBe(1);
    expect((await api.call('DELETE', `${url}/${grant}`)).status).toBe(204);
    expect((await api.call('DELETE', `${url}/${grant}`)).status).toBe(204);
    expect((await api.call('GET', url)).body).toEqual([]);
  });
});

test('a member, role or connection of one organization is unreachable through another', async () => {
  const mine = await anOrganization();
  const other = await anOrganization();
  const [user = ''] = users;
  const role = await aRole('crossing');
  const members = `/organizations/${mine.id}/members`;
  await api.call('POST', members, { members: [user] });
  await api.call('POST', `${members}/${encodeURIComponent(user)}/roles`, { roles: [role] });
  await api.call('POST', `/organizations/${mine.id}/enabled_connections`, {
    connection_id: connectionId,
  });

  const foreign = `/organizations/${other.id}`;
  const theirRoles = `${foreign}/members/${encodeURIComponent(user)}/roles`;
  expect((await api.call('GET', theirRoles)).status).toBe(404);
  expect((await api.call('POST', theirRoles, { roles: [role] })).status).toBe(404);
  await api.call('DELETE', theirRoles, { roles: [role] });
  await api.call('DELETE', `${foreign}/members`, { members: [user] });
  await api.call('DELETE', `${foreign}/enabled_connections/${connectionId}`);
  const connection = `${foreign}/enabled_connections/${connectionId}`;
  expect((await api.call('GET', connection)).status).toBe(404);
  expect((await api.call('PATCH', connection, { show_as_button: true })).status).toBe(404);

  const roles = await api.call('GET', `${members}/${encodeURIComponent(user)}/roles`);
  expect(roles.body.map((each: { id: string }) => each.id)).toEqual([role]);
  expect(
    (await api.call('GET', `/organizations/${mine.id}/enabled_connections`)).body,
  ).toHaveLength(1);
});
