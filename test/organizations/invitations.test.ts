import { beforeAll, describe, expect, test } from 'vitest';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';

let api: ManagementFixture;
let organization: { id: string; name: string };
let clientId: string;
let connectionId: string;
let url: string;

async function aClient(more: object): Promise<string> {
  const made = await api.call('POST', '/clients', { name: 'Meadow', ...more });
  expect(made.status).toBe(201);
  return made.body.client_id;
}

beforeAll(async () => {
  api = await startManagementApi();
  connectionId = (await api.call('GET', '/connections')).body[0].id;
  organization = (await api.call('POST', '/organizations', { name: 'acme' })).body;
  url = `/organizations/${organization.id}/invitations`;
  clientId = await aClient({
    organization_usage: 'allow',
    initiate_login_uri: 'https://app.test/login?from=mail',
  });
});

const invite = (more: object = {}) =>
  api.call('POST', url, {
    inviter: { name: 'Test Inviter' },
    invitee: { email: 'Test@Example.com' },
    client_id: clientId,
    ...more,
  });

test('an invitation is created as recorded, read with the same link, listed and revoked', async () => {
  const made = await invite({
    user_metadata: { plan: 'gold' },
    app_metadata: { team: 1 },
    send_invitation_email: false,
  });
  expect(made.status).toBe(201);
  const { body } = made;
  expect(body).toEqual({
    id: expect.stringMatching(/^uinv_[A-Za-z0-9]{16}$/),
    organization_id: organization.id,
    inviter: { name: 'Test Inviter' },
    invitee: { email: 'test@example.com' },
    invitation_url: `https://app.test/login?from=mail&invitation=${body.ticket_id}&organization=${organization.id}&organization_name=acme`,
    ticket_id: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    client_id: clientId,
    created_at: expect.stringMatching(/Z$/),
    expires_at: expect.stringMatching(/Z$/),
    user_metadata: { plan: 'gold' },
    app_metadata: { team: 1 },
  });
  const life = Date.parse(body.expires_at) - Date.parse(body.created_at);
  expect(life).toBe(604_800_000);

  expect((await api.call('GET', `${url}/${body.id}`)).body).toEqual(body);
  expect((await api.call('GET', `${url}/${body.id}?fields=id,ticket_id`)).body).toEqual({
    id: body.id,
    ticket_id: body.ticket_id,
  });
  expect((await api.call('GET', `${url}?include_totals=true`)).body).toEqual({
    invitations: [body],
    start: 0,
    limit: 1,
  });
  const second = (await invite({ ttl_sec: 60 })).body;
  expect(Date.parse(second.expires_at) - Date.parse(second.created_at)).toBe(60_000);
  const ids = (list: { id: string }[]) => list.map((each) => each.id);
  expect(ids((await api.call('GET', url)).body)).toEqual([second.id, body.id]);
  expect(ids((await api.call('GET', `${url}?sort=created_at:1`)).body)).toEqual([
    body.id,
    second.id,
  ]);
  expect(ids((await api.call('GET', `${url}?per_page=1&page=1`)).body)).toEqual([body.id]);

  expect((await api.call('DELETE', `${url}/${body.id}`)).status).toBe(204);
  expect((await api.call('DELETE', `${url}/${body.id}`)).status).toBe(204);
  expect((await api.call('GET', `${url}/${body.id}`)).body).toEqual({
    statusCode: 404,
    error: 'Not Found',
    message: 'The invitation does not exist.',
    errorCode: 'inexistent_invitation',
  });
  expect(ids((await api.call('GET', url)).body)).toEqual([second.id]);
});

test('the ticket is stored nowhere', async () => {
  const { body } = await invite({ send_invitation_email: true });
  const tables = ['invitations', 'messages'];
  for (const table of tables) {
    const { rows } = await api.database.execute(`select * from ${table}`);
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(body.ticket_id);
  }
});

describe('an invitation is refused', () => {
  const refused = async (more: object, message: string) => {
    const { body } = await invite(more);
    expect(body).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message,
      errorCode: 'invalid_body',
    });
  };

  test('for a client that is unknown, allows no organizations or has no login route', async () => {
    await refused({ client_id: 'nobody' }, 'The specified client_id does not exist.');
    const denying = await aClient({ initiate_login_uri: 'https://app.test/login' });
    await refused({ client_id: denying }, 'The specified client_id does not allow organizations.');
    const homeless = await aClient({ organization_usage: 'require' });
    await refused(
      { client_id: homeless },
      'A default login route is required to generate the invitation url. For more information, see https://auth0.com/docs/universal-login/configure-default-login-routes',
    );
    const settings = { default_redirection_uri: 'https://home.test/start' };
    expect((await api.call('PATCH', '/tenants/settings', settings)).status).toBe(200);
    const made = await invite({ client_id: homeless });
    expect(made.status).toBe(201);
    expect(made.body.invitation_url).toMatch(/^https:\/\/home\.test\/start\?invitation=/);
  });

  test('for a login route that the organization does not complete', async () => {
    const placed = await aClient({
      organization_usage: 'allow',
      initiate_login_uri:
        'https://{organization.metadata.public_site}.app.test/{organization_name}/login',
    });
    await refused(
      { client_id: placed },
      'A default login route is required to generate the invitation url. For more information, see https://auth0.com/docs/universal-login/configure-default-login-routes',
    );
    const metadata = { public_site: 'north' };
    await api.call('PATCH', `/organizations/${organization.id}`, { metadata });
    const { body } = await invite({ client_id: placed });
    expect(body.invitation_url).toMatch(/^https:\/\/north\.app\.test\/acme\/login\?invitation=/);
  });

  test('for a connection that is unknown or not enabled', async () => {
    await refused(
      { connection_id: 'con_0000000000000001' },
      'The specified connection does not exist.',
    );
    await refused(
      { connection_id: connectionId },
      `The specified connection (${connectionId}) is not enabled for the organization`,
    );
    const enabled = `/organizations/${organization.id}/enabled_connections`;
    await api.call('POST', enabled, { connection_id: connectionId });
    const made = await invite({ connection_id: connectionId });
    expect(made.body.connection_id).toBe(connectionId);
  });

  test('for unknown roles', async () => {
    const role = (await api.call('POST', '/roles', { name: 'editor' })).body.id;
    await refused(
      { roles: ['rol_0000000000000001', role, 'rol_0000000000000002'] },
      'One or more of the specified roles do not exist: rol_0000000000000001, rol_0000000000000002',
    );
    expect((await invite({ roles: [role] })).body.roles).toEqual([role]);
  });

  test.each([
    { inviter: {} },
    { invitee: { email: 'nobody' } },
    { ttl_sec: 2_592_001 },
    { roles: [] },
    { unknown: 1 },
    { app_metadata: { usher: { administrator: true } } },
  ])('for %j', async (more) => {
    expect((await invite(more)).status).toBe(400);
  });

  test('for an unknown organization', async () => {
    const answer = await api.call('POST', '/organizations/org_0000000000000000/invitations', {
      inviter: { name: 'x' },
      invitee: { email: 'a@b.test' },
      client_id: clientId,
    });
    expect(answer.body).toEqual({
      statusCode: 404,
      error: 'Not Found',
      message: 'No organization found by that id.',
    });
  });
});

test('an invitation of one organization is unreachable through another', async () => {
  const { body } = await invite();
  const other = (await api.call('POST', '/organizations', { name: 'other' })).body;
  const foreign = `/organizations/${other.id}/invitations`;
  expect((await api.call('GET', `${foreign}/${body.id}`)).status).toBe(404);
  expect((await api.call('DELETE', `${foreign}/${body.id}`)).status).toBe(204);
  expect((await api.call('GET', foreign)).body).toEqual([]);
  expect((await api.call('GET', `${url}/${body.id}`)).status).toBe(200);
});
