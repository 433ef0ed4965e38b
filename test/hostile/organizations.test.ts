import { beforeAll, describe, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

// Two organizations of one tenant: each test requests or changes objects of one through the other.
let api: ManagementFixture;
let foreign: Organization;
let own: Organization;
type Organization = {
  id: string;
  name: string;
  member: string;
  connection: string;
  role: string;
  grant: string;
  invitation: string;
};

let serial = 0;
async function made<T = { id: string }>(path: string, body: object): Promise<T> {
  const answer = await api.call('POST', path, body);
  expect([200, 201, 204], `POST ${path}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
  return answer.body as T;
}

async function anOrganization(name: string): Promise<Organization> {
  const { id } = await made('/organizations', { name });
  const client = await made<{ client_id: string }>('/clients', {
    name: `app-${name}`,
    app_type: 'regular_web',
    initiate_login_uri: 'https://app.example.test/login',
    organization_usage: 'allow',
    callbacks: ['https://app.example.test/callback'],
  });
  const connection = (
    await made('/connections', {
      name: `store-${name}`,
      strategy: 'auth0',
      enabled_clients: [client.client_id],
    })
  ).id;
  const { user_id: member } = await made<{ user_id: string }>('/users', {
    connection: `store-${name}`,
    email: `member@${name}.test`,
    password: 'Tulip-canal-77!',
  });
  const audience = `https://${name}.example.test`;
  await made('/resource-servers', { identifier: audience, scopes: [{ value: 'read:things' }] });
  const grant = await made('/client-grants', {
    client_id: client.client_id,
    audience,
    scope: ['read:things'],
    organization_usage: 'allow',
  });
  const role = (await made('/roles', { name: `role-${name}` })).id;
  await made(`/organizations/${id}/enabled_connections`, {
    connection_id: connection,
    assign_membership_on_login: false,
  });
  await made(`/organizations/${id}/members`, { members: [member] });
  await made(`/organizations/${id}/members/${encodeURIComponent(member)}/roles`, { roles: [role] });
  await made(`/organizations/${id}/client-grants`, { grant_id: grant.id });
  const invitation = await made(`/organizations/${id}/invitations`, {
    inviter: { name: `inviter-of-${name}` },
    invitee: { email: `invited@${name}.test` },
    client_id: client.client_id,
    send_invitation_email: false,
  });
  return { id, name, member, connection, role, grant: grant.id, invitation: invitation.id };
}

/** Returns all data of an organization. */
async function stateOf({ id, member }: Organization): Promise<unknown> {
  const read = async (path: string) => (await api.call('GET', `/organizations/${id}${path}`)).body;
  return {
    itself: await read(''),
    members: await read('/members'),
    roles: await read(`/members/${encodeURIComponent(member)}/roles`),
    connections: await read('/enabled_connections'),
    grants: await read('/client-grants'),
    invitations: await read('/invitations'),
  };
}

beforeAll(async () => {
  api = await startManagementApi();
  own = await anOrganization('own');
  foreign = await anOrganization('foreign');
});

/** The value of a parameter after the organization's. */
function parameter(name: string, of: Organization): string {
  const known: Record<string, string> = {
    user_id: of.member,
    connectionId: of.connection,
    connection_id: of.connection,
    invitation_id: of.invitation,
    grant_id: of.grant,
    role_id: of.role,
  };
  const value = known[name];
  if (value === undefined) throw new Error(`Say here what :${name} is.`);
  return encodeURIComponent(value);
}

function pathOf(url: string, organization: string, of: Organization): string {
  return url
    .replace('/organizations/:id', `/organizations/${encodeURIComponent(organization)}`)
    .replace(/:(\w+)/g, (_all, name: string) => parameter(name, of));
}

/** Valid bodies with objects of `of`. Add the body of a new route here. */
function bodyOf(method: string, url: string, of: Organization): object | undefined {
  const bodies: Record<string, object> = {
    'PATCH /organizations/:id': { display_name: 'Taken over' },
    'POST /organizations/:id/members': { members: [of.member] },
    'DELETE /organizations/:id/members': { members: [of.member] },
    'POST /organizations/:id/members/:user_id/roles': { roles: [of.role] },
    'DELETE /organizations/:id/members/:user_id/roles': { roles: [of.role] },
    'POST /organizations/:id/enabled_connections': { connection_id: of.connection },
    'PATCH /organizations/:id/enabled_connections/:connectionId': {
      assign_membership_on_login: true,
    },
    'POST /organizations/:id/connections': { connection_id: of.connection },
    'PATCH /organizations/:id/connections/:connectionId': { assign_membership_on_login: true },
    'POST /organizations/:id/client-grants': { grant_id: of.grant },
    'POST /organizations/:id/invitations': {
      inviter: { name: 'Mallory' },
      invitee: { email: `mallory-${++serial}@example.test` },
      client_id: 'none',
    },
  };
  const body = bodies[`${method} ${url}`];
  if (body === undefined && method !== 'GET' && method !== 'DELETE') {
    throw new Error(`Say here what ${method} ${url} is sent.`);
  }
  return body;
}

/** Routes of one organization. */
const bound = () => api.routes.filter(({ url }) => url.startsWith('/organizations/:id'));

describe('every route of an organization', () => {
  test('reads nothing of another organization', async () => {
    const marks = [foreign.invitation, 'inviter-of-foreign', 'invited@foreign.test'];
    for (const { method, url } of bound().filter((routeInfo) => routeInfo.method === 'GET')) {
      const { status, body } = await api.call(method, pathOf(url, own.id, foreign));
      const text = JSON.stringify(body);
      for (const mark of marks) expect(text, `${url} ${status}`).not.toContain(mark);
      // Lists contain only objects that are enabled here.
      for (const id of [foreign.connection, foreign.grant, foreign.role, foreign.member]) {
        expect(text, `${url} ${status}`).not.toContain(id);
      }
    }
  });

  test('changes nothing of another organization', async () => {
    const before = await stateOf(foreign);
    for (const { method, url } of bound()) {
      // Its own things by its own id are its own business.
      if (url === '/organizations/:id' || method === 'GET') continue;
      const answer = await api.call(
        method,
        pathOf(url, own.id, foreign),
        bodyOf(method, url, foreign),
      );
      expect(answer.status, `${method} ${url}`).toBeLessThan(500);
      expect(await stateOf(foreign), `${method} ${url}`).toEqual(before);
    }
  });

  test('gives no rights in one organization to members of another', async () => {
    const stranger = await made<{ user_id: string }>('/users', {
      connection: 'store-foreign',
      email: `stranger-${++serial}@foreign.test`,
      password: 'Tulip-canal-77!',
    });
    const path = `/organizations/${own.id}/members/${encodeURIComponent(stranger.user_id)}/roles`;
    expect((await api.call('POST', path, { roles: [own.role] })).status).toBeGreaterThanOrEqual(
      400,
    );
    const { body } = await api.call('GET', path);
    expect(JSON.stringify(body)).not.toContain(own.role);
  });

  test('answers 404 for a deleted, unknown or misnamed organization and changes nothing', async () => {
    const gone = await anOrganization(`gone-${++serial}`);
    expect((await api.call('DELETE', `/organizations/${gone.id}`)).status).toBe(204);
    const before = await stateOf(foreign);
    const ids = [
      gone.id,
      'org_0123456789abcdef',
      foreign.name,
      foreign.id.toUpperCase(),
      `${foreign.id} `,
      `${foreign.id}%`,
      `${foreign.id}\0`,
      foreign.role,
    ];
    for (const { method, url } of bound()) {
      for (const id of ids) {
        const answer = await api.call(
          method,
          pathOf(url, id, foreign),
          bodyOf(method, url, foreign),
        );
        const calm = method === 'DELETE' ? [204, 400, 404] : [400, 404];
        expect(calm, `${method} ${url} of ${JSON.stringify(id)}: ${answer.status}`).toContain(
          answer.status,
        );
      }
    }
    expect(await stateOf(foreign)).toEqual(before);
  });
});

test('roles within an organization count nowhere else', async () => {
  const member = encodeURIComponent(foreign.member);
  await made(`/organizations/${own.id}/members`, { members: [foreign.member] });
  const inOwn = (await api.call('GET', `/organizations/${own.id}/members/${member}/roles`)).body;
  expect(JSON.stringify(inOwn)).not.toContain(foreign.role);
  const everywhere = (await api.call('GET', `/users/${member}/roles`)).body;
  expect(JSON.stringify(everywhere)).not.toContain(foreign.role);
  const before = await stateOf(foreign);
  await api.call('DELETE', `/organizations/${own.id}/members`, { members: [foreign.member] });
  expect(await stateOf(foreign)).toEqual(before);
});
