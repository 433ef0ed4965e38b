import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { aPassword, aPerson } from '../harness/factories.ts';
import { eventually } from '../harness/harness.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import {
  API,
  type ApiClient,
  claimsOf,
  made,
  type Organization,
  openTab,
  openWorld,
  type World,
} from '../harness/world.ts';

type Wire = Record<string, unknown> & { id: string; user_id?: string; state: string };
type Line = { status: string; link?: string; invitation_id?: string; user_id?: string };

let world: World;
let client: ApiClient;
let organization: Organization;
let role: { id: string };

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  organization = await world.anOrganization();
  role = await made(world.server, '/roles', { name: 'editor' });
});

const PERMISSION = { resource_server_identifier: API, permission_name: 'read:orders' };
const invite = (body: object) =>
  world.server.api<Record<string, unknown>>('POST', '/api/v2/invitations', {
    client_id: client.id,
    ...body,
  });

/** Invites and returns the line of each recipient, with the link. */
async function linksFor(body: object): Promise<Line[]> {
  const answer = await invite({ return_links: true, ...body });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function invitationsTo(email: string): Promise<Wire[]> {
  const { body } = await world.server.api<Wire[]>('GET', `/api/v2/invitations?email=${email}`);
  return body;
}

async function userBy(email: string): Promise<Record<string, unknown> | undefined> {
  const path = `/api/v2/users-by-email?email=${encodeURIComponent(email)}`;
  return (await world.server.api<Record<string, unknown>[]>('GET', path)).body[0];
}

const idsAt = async (path: string, key: string) =>
  (await world.server.api<Record<string, string>[]>('GET', `/api/v2${path}`)).body.map(
    (each) => each[key],
  );
const ofUser = (userId: unknown, what: string) =>
  `/users/${encodeURIComponent(String(userId))}/${what}`;
const memberRoles = (userId: unknown) =>
  `/organizations/${organization.id}/members/${encodeURIComponent(String(userId))}/roles`;

/** Follows a link, sets a password, and logs in at the application. */
async function accepts(link: string) {
  const tab = openTab();
  await tab.go(link);
  await tab.prove({ password: aPassword() });
  const back = tab.back(await tab.go(world.authorize(client, { organization: organization.id })));
  return world.exchange(client, back);
}

describe('a program without the scope', () => {
  const refused = (scope: string) => ({
    statusCode: 403,
    message: `Insufficient scope, expected any of: ${scope}`,
  });

  test('lets nobody into an organization, by whatever route', async () => {
    const token = await world.server.token(['create:users', 'create:invitations']);
    const { email } = aPerson();
    const plan = { client_id: client.id, organization_id: organization.id };
    const body = { ...plan, recipients: [email] };
    const invited = await world.server.api('POST', '/api/v2/invitations', body, { token });
    expect(invited.body).toMatchObject(refused('create:organization_invitations'));
    const imported = await world.server.api('POST', IMPORTS, formOf(email, plan), { token });
    expect(imported.body).toMatchObject(refused('create:organization_invitations'));
    expect(await invitationsTo(email)).toEqual([]);
  });

  test('imports people, but invites none of them', async () => {
    const token = await world.server.token(['create:users']);
    const { email } = aPerson();
    for (const plan of [true, { client_id: client.id, roles: [role.id] }]) {
      const { body } = await world.server.api('POST', IMPORTS, formOf(email, plan), { token });
      expect(body).toMatchObject(refused('create:invitations'));
    }
    const { status } = await world.server.api('POST', IMPORTS, formOf(email, false), { token });
    expect(status).toBe(202);
    expect(await invitationsTo(email)).toEqual([]);
  });

  test('gives nothing beyond the organization with an invitation to it', async () => {
    const token = await world.server.token(['create:organization_invitations']);
    const path = `/api/v2/organizations/${organization.id}/invitations`;
    const body = {
      client_id: client.id,
      inviter: { name: 'Mira' },
      invitee: { email: aPerson().email },
      permissions: [PERMISSION],
    };
    const asked = await world.server.api('POST', path, body, { token });
    expect(asked.body).toMatchObject(refused('create:invitations'));
  });
});

const IMPORTS = '/api/v2/jobs/users-imports';

/** The upload of one person who is to be invited. */
function formOf(email: string, plan: unknown): FormData {
  const form = new FormData();
  form.set('connection_id', world.connectionId);
  form.set('send_invitations', JSON.stringify(plan));
  form.set(
    'users',
    new Blob([JSON.stringify([{ email }])], { type: 'application/json' }),
    'a.json',
  );
  return form;
}

test('an invitation says all that it carries, but not its link', async () => {
  const { email } = aPerson();
  const plan = {
    organization_id: organization.id,
    member_roles: [role.id],
    roles: [role.id],
    connections: [world.connectionId],
    permissions: [PERMISSION],
    data: { deal: 7 },
    app_metadata: { plan: 'gold' },
    user_metadata: { color: 'green' },
    template_data: { team: 'Blue' },
    email_policy: 'same_domain',
    existing_users: 'grant',
    create_user: 'on_accept',
    invitee_may: 'link_only',
    renewable: false,
    result_url: 'https://app.example.test/in',
  };
  expect((await invite({ recipients: [email], ...plan })).status).toBe(202);
  const [found] = await invitationsTo(email);
  expect(found).toMatchObject({ ...plan, client_id: client.id, renewals: 0, state: 'pending' });
  expect(found).not.toHaveProperty('user_id');
  expect(JSON.stringify(found)).not.toContain('ticket=');
  const plain = aPerson().email;
  await invite({ recipients: [plain] });
  expect((await invitationsTo(plain))[0]).toMatchObject({
    email_policy: 'same',
    existing_users: 'ask',
    create_user: 'on_invite',
    renewable: true,
  });
});

test('an acceptance gives the organization with its roles, permissions and metadata', async () => {
  const { email } = aPerson();
  const [line] = await linksFor({
    recipients: [email],
    organization_id: organization.id,
    member_roles: [role.id],
    permissions: [PERMISSION],
    app_metadata: { plan: 'gold' },
    data: { deal: 7 },
  });
  expect(await idsAt(ofUser(line?.user_id, 'permissions'), 'permission_name')).toEqual([]);
  const { body } = await accepts(line?.link ?? '');
  expect(claimsOf(body.id_token)).toMatchObject({
    email,
    org_id: organization.id,
    'https://usher.dev/invitation': { id: line?.invitation_id, data: { deal: 7 } },
  });
  const { sub } = claimsOf(body.id_token);
  expect(await idsAt(ofUser(sub, 'permissions'), 'permission_name')).toEqual(['read:orders']);
  expect(await idsAt(memberRoles(sub), 'id')).toEqual([role.id]);
  expect(await userBy(email)).toMatchObject({ app_metadata: { plan: 'gold' } });
  expect((await invitationsTo(email))[0]).toMatchObject({ accepted_user_id: sub });
});

test('data can be of one person, and has a limit', async () => {
  const [{ email }, { email: other }, { email: late }] = [aPerson(), aPerson(), aPerson()];
  const tooMuch = { text: 'x'.repeat(8192) };
  const fits = { text: 'x'.repeat(8192 - '{"text":""}'.length) };
  const lines = await linksFor({
    recipients: [{ email, data: { seat: 12 } }, { email: other, data: tooMuch }, late],
    data: fits,
  });
  expect(lines).toMatchObject([
    { status: 'invited' },
    { status: 'refused', errors: [{ code: 'MAX_LENGTH', path: 'data' }] },
    { status: 'invited' },
  ]);
  expect((await invitationsTo(email))[0]).toMatchObject({ data: { seat: 12 } });
  expect((await invitationsTo(late))[0]).toMatchObject({ data: fits });
  const answer = await invite({ recipients: [email], data: tooMuch });
  expect([answer.status, answer.body.message]).toEqual([
    400,
    expect.stringMatching(/^'data' has 8\d{3} bytes as JSON. It must not exceed 8192.$/),
  ]);
});

test('the policy same_domain refuses domains in which everybody can have an address', async () => {
  const plan = { email_policy: 'same_domain' };
  const [{ email }, stranger] = [
    aPerson(),
    { email: `${aPerson().email.split('@')[0]}@gmail.com` },
  ];
  const lines = await linksFor({ ...plan, recipients: [stranger, { email }] });
  expect(lines).toMatchObject([
    { status: 'refused', errors: [{ code: 'PUBLIC_DOMAIN', path: 'email' }] },
    { status: 'invited' },
  ]);
  expect(await userBy(stranger.email)).toBeUndefined();
  const preview = await invite({ ...plan, recipients: [stranger], dry_run: true });
  expect(preview.body.summary).toMatchObject({ would_invite: 0, refused: 1 });
  const path = `/api/v2/organizations/${organization.id}/invitations`;
  const toOrganization = await world.server.api<{ message: string }>('POST', path, {
    ...plan,
    inviter: { name: 'Ina' },
    invitee: stranger,
    client_id: client.id,
  });
  expect(toOrganization).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('Use the policy same.') },
  });
  expect(await linksFor({ recipients: [stranger] })).toMatchObject([{ status: 'invited' }]);
});

describe('a person without an account', () => {
  test('gets one with the status "invited", which the first login ends', async () => {
    const { email } = aPerson();
    const metadata = { app_metadata: { plan: 'gold' }, user_metadata: { seat: 4 } };
    const [line] = await linksFor({ recipients: [{ email, ...metadata }] });
    expect(await userBy(email)).not.toHaveProperty('user_metadata');
    expect(await userBy(email)).toMatchObject({
      user_id: line?.user_id,
      app_metadata: { status: 'invited' },
    });
    const tab = openTab();
    await tab.go(line?.link ?? '');
    await tab.prove({ password: aPassword() });
    await tab.go(world.authorize(client));
    const user = await userBy(email);
    expect(user).toMatchObject({ logins_count: 1, user_metadata: { seat: 4 } });
    expect(user?.app_metadata).toEqual({ plan: 'gold' });
  });

  test('gets none before the acceptance if the invitation says so', async () => {
    const { email } = aPerson();
    const asked = { recipients: [email, email], create_user: 'on_accept' };
    const lines = await linksFor(asked);
    expect(lines.map(({ status }) => status)).toEqual(['invited', 'already_invited']);
    expect(lines[0]).not.toHaveProperty('user_id');
    expect(await userBy(email)).toBeUndefined();
    const preview = await invite({ ...asked, dry_run: true });
    expect(preview.body.summary).toMatchObject({ would_invite: 0, already_invited: 2 });
    const tab = openTab();
    await tab.go(lines[0]?.link ?? '');
    await tab.prove({ password: aPassword() });
    const user = await userBy(email);
    expect(user).toMatchObject({ email_verified: true });
    expect(user?.app_metadata ?? {}).toEqual({});
    expect((await invitationsTo(email))[0]).toMatchObject({ accepted_user_id: user?.user_id });
  });

  test('is invited to a connection of another kind only on acceptance', async () => {
    const { id } = await made(world.server, '/connections', {
      name: 'codes',
      strategy: 'email',
      enabled_clients: [client.id],
    });
    const asked = { recipients: [aPerson().email], connections: [id] };
    expect(await invite(asked)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("Set 'create_user' to 'on_accept'.") },
    });
    expect((await invite({ ...asked, create_user: 'on_accept' })).status).toBe(202);
  });
});

describe('existing_users: grant', () => {
  const grant = {
    existing_users: 'grant',
    inviter: { name: 'Ina Viter' },
  };

  test('gives everything at once to a person with a proved address, and welcomes them', async () => {
    const person = await world.createUser({ app_metadata: { old: true } });
    const asked = {
      recipients: [person.email],
      ...grant,
      organization_id: organization.id,
      member_roles: [role.id],
      roles: [role.id],
      permissions: [PERMISSION],
      app_metadata: { plan: 'gold' },
    };
    const answer = await invite(asked);
    expect(answer.body).toMatchObject({ status: 'completed', summary: { invited: 1 } });
    const { userId } = person;
    expect(await idsAt(ofUser(userId, 'roles'), 'id')).toEqual([role.id]);
    expect(await idsAt(ofUser(userId, 'permissions'), 'permission_name')).toEqual(['read:orders']);
    expect(await idsAt(memberRoles(userId), 'id')).toEqual([role.id]);
    expect(await userBy(person.email)).toMatchObject({ app_metadata: { old: true, plan: 'gold' } });
    expect((await invitationsTo(person.email))[0]).toMatchObject({
      state: 'accepted',
      accepted_by: 'grant',
      accepted_user_id: userId,
    });
    const { mail } = await world.server.sink.waitForMail(person.email);
    expect(mail.subject).toBe('Welcome to Meadow');
    expect(mail.text).toContain('Ina Viter has given you access to Meadow');
    expect(mail.text).toContain('https://app.example.test/login');
  });

  test('gives each person of a list what is meant for them, and writes each acceptance to the tenant log', async () => {
    const people = await Promise.all(
      [1, 2, 3].map(() => world.createUser({ app_metadata: { a: 1 } })),
    );
    const asked = {
      recipients: people.map(({ email }, n) => ({
        email,
        app_metadata: { a: n === 0 ? null : n, b: n },
        data: { seat: n },
      })),
      ...grant,
      organization_id: organization.id,
      user_metadata: { theme: 'dark' },
    };
    await invite(asked);
    for (const [n, { email, userId }] of people.entries()) {
      expect(await userBy(email)).toMatchObject({
        app_metadata: n === 0 ? { b: 0 } : { a: n, b: n },
        user_metadata: { theme: 'dark' },
      });
      const [{ id } = { id: '' }] = await invitationsTo(email);
      const logs = await world.logs(`q=user_id:"${userId}" AND type:si`);
      expect(logs).toMatchObject([
        {
          description: 'Successfully accepted a user invitation',
          user_name: email,
          client_id: client.id,
          organization_id: organization.id,
          details: { invitation_id: id, accepted_by: 'grant', data: { seat: n } },
        },
      ]);
    }
    expect(await userBy(people[0]?.email ?? '')).not.toHaveProperty('app_metadata.a');
  });

  test('invites a person whose address nobody has proved, and one without an account', async () => {
    const unproved = await world.createUser({ email_verified: false, verify_email: false });
    const fresh = aPerson().email;
    const lines = await linksFor({
      recipients: [unproved.email, fresh],
      roles: [role.id],
      ...grant,
    });
    expect(lines.map(({ status }) => status)).toEqual(['invited', 'invited']);
    expect(await idsAt(ofUser(unproved.userId, 'roles'), 'id')).toEqual([]);
  });

  test('gives no link, and says that it was granted', async () => {
    const { email } = await world.createUser();
    const [line] = await linksFor({ recipients: [email], ...grant });
    expect(line).toMatchObject({ status: 'granted' });
    expect(await world.logs(`q=user_name:"${email}" AND type:si`)).toHaveLength(1);
    expect(line).not.toHaveProperty('link');
  });

  test('works for the results of a search, who are otherwise left out', async () => {
    const { userId, email } = await world.createUser({ app_metadata: { team: 'search' } });
    const search = { q: 'app_metadata.team:search' };
    const asked = { search, roles: [role.id], ...grant, connection_id: world.connectionId };
    const { body } = await invite(asked);
    await finishedJob(world.server, String(body.id));
    expect(await idsAt(ofUser(userId, 'roles'), 'id')).toEqual([role.id]);
    expect(await invitationsTo(email)).toHaveLength(1);
  });

  test('works for users whom an import finds, and not for those it creates', async () => {
    const known = await world.createUser();
    const fresh = aPerson().email;
    const rows = [known.email, fresh].map((email) => aPerson({ email, email_verified: true }));
    const plan = { client_id: client.id, roles: [role.id], ...grant };
    const { body } = await uploadUsers(world.server, world.connectionId, rows, {
      upsert: 'true',
      send_invitations: JSON.stringify(plan),
    });
    await finishedJob(world.server, body.id);
    expect(await idsAt(ofUser(known.userId, 'roles'), 'id')).toEqual([role.id]);
    expect((await invitationsTo(known.email))[0]).toMatchObject({ state: 'accepted' });
    expect(await world.logs(`q=user_id:"${known.userId}" AND type:si`)).toHaveLength(1);
    expect((await invitationsTo(fresh))[0]).toMatchObject({ state: 'pending' });
  });

  test('uses the template of the operator', async () => {
    const body = '<p>{{ user.email }} may use {{ application.name }}: {{ url }}</p>';
    await made(world.server, '/email-templates', {
      template: 'welcome_email',
      body,
      from: '',
      subject: 'Hello from {{ inviter.name }}',
      syntax: 'liquid',
      enabled: true,
    });
    const { email } = await world.createUser();
    await invite({ recipients: [email], ...grant });
    const { mail } = await world.server.sink.waitForMail(email);
    expect(mail.subject).toBe('Hello from Ina Viter');
    expect(mail.html).toContain(`${email} may use Meadow: https://app.example.test/login`);
  });
});

describe('a request is refused', () => {
  const wrong = [
    [
      { organization_id: 'org_0000000000000000' },
      'The organization org_0000000000000000 does not exist.',
    ],
    [
      { member_roles: ['rol_x'] },
      "'member_roles' are roles in an organization. Name it in 'organization_id'.",
    ],
    [
      { roles: ['editor'] },
      'The role editor does not exist. Send the ids of roles, which begin with rol_.',
    ],
    [{ roles: ['rol_x'] }, 'The role rol_x does not exist.'],
    [
      { permissions: [{ ...PERMISSION, resource_server_identifier: 'urn:nothing' }] },
      'The API urn:nothing does not exist.',
    ],
    [
      { permissions: [{ ...PERMISSION, permission_name: 'eat:orders' }] },
      `The API ${API} has no permission eat:orders.`,
    ],
    [
      { connections: ['con_0000000000000000'], create_user: 'on_accept' },
      'The connection does not exist.',
    ],
    [
      { existing_users: 'grant', include_active: false },
      "Payload validation error: 'existing_users: grant' is for people whom 'include_active: false' leaves out.",
    ],
    [
      { recipients: undefined, search: { q: '*' }, create_user: 'on_accept' },
      "Payload validation error: 'create_user' requires 'recipients'.",
    ],
  ] as const;
  test.each(wrong)('with %j', async (more, message) => {
    const answer = await invite({ recipients: [aPerson().email], ...more });
    expect([answer.status, answer.body.message]).toEqual([400, message]);
  });

  test('for an organization without an application, or with one that allows none', async () => {
    const asked = { recipients: [aPerson().email], organization_id: organization.id };
    expect(await invite({ ...asked, client_id: null })).toMatchObject({
      status: 400,
      body: { message: 'An invitation to an organization needs an application.' },
    });
    const { id } = await world.registerClient({ organization_usage: 'deny' });
    expect(await invite({ ...asked, client_id: id })).toMatchObject({
      status: 400,
      body: {
        message: `The application ${id} does not allow organizations. Set its 'organization_usage' to 'allow'.`,
      },
    });
  });

  test('for connections in which nobody can accept', async () => {
    const store = await made(world.server, '/connections', { name: 'apart', strategy: 'auth0' });
    const recipients = [aPerson().email];
    const elsewhere = await invite({ recipients, connections: [store.id] });
    expect(elsewhere.body.message).toBe(
      `The connection ${store.id} is not enabled for the application.`,
    );
    const { id } = await world.registerClient();
    await world.server.api('PATCH', `/api/v2/connections/${store.id}/clients`, [
      { client_id: id, status: true },
    ]);
    const other = await invite({
      recipients,
      client_id: id,
      connection_id: world.connectionId,
      connections: [store.id],
    });
    expect(other.body.message).toContain(
      `Users are created in the connection ${world.connectionId}`,
    );
  });

  test('for an import that is told when to create users', async () => {
    const plan = { client_id: client.id, create_user: 'on_accept' };
    const answer = await uploadUsers(world.server, world.connectionId, [aPerson()], {
      send_invitations: JSON.stringify(plan),
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('because the import creates the users');
  });
});

test('invitations are listed by organization', async () => {
  const other = await world.anOrganization();
  const { email } = aPerson();
  await invite({ recipients: [email], organization_id: other.id });
  const path = `/api/v2/invitations?organization_id=${other.id}&include_totals=true`;
  const { body } = await world.server.api<{ total: number; invitations: Wire[] }>('GET', path);
  expect([body.total, body.invitations.map((each) => each.email)]).toEqual([1, [email]]);
});

describe('an invitation to an organization', () => {
  const inviteTo = (more: object) =>
    world.server.api<Record<string, unknown>>(
      'POST',
      `/api/v2/organizations/${organization.id}/invitations`,
      {
        inviter: { name: 'Ina Viter' },
        invitee: { email: aPerson().email },
        client_id: client.id,
        send_invitation_email: false,
        ...more,
      },
    );

  test('carries permissions and a policy, and says so', async () => {
    const own = { permissions: [PERMISSION], email_policy: 'any_verified', renewable: false };
    const answer = await inviteTo(own);
    expect([answer.status, answer.body]).toMatchObject([201, own]);
    const plain = await inviteTo({});
    for (const name of Object.keys(own)) expect(plain.body).not.toHaveProperty(name);
  });

  test('is refused with two ways to say its connection, or with one that the organization lacks', async () => {
    const both = { connection_id: world.connectionId, connections: [world.connectionId] };
    expect((await inviteTo(both)).body.message).toContain('cannot be combined');
    const store = await made(world.server, '/connections', { name: 'outside', strategy: 'auth0' });
    expect((await inviteTo({ connections: [store.id] })).body.message).toBe(
      `The connection ${store.id} is not enabled for the organization.`,
    );
  });
});

describe('an expired invitation', () => {
  const expire = (id: string) =>
    sql`update invitations set expires_at = now() - interval '1 minute' where id = ${id}`.execute(
      world.db,
    );

  test('is renewed by its person, which the API counts', async () => {
    const { email } = aPerson();
    const [line] = await linksFor({ recipients: [email] });
    await expire(line?.invitation_id ?? '');
    const tab = openTab();
    expect((await tab.go(line?.link ?? '')).page).toContain('Send me a new link');
    await tab.send({});
    await world.server.sink.waitForMail(email);
    const found = await eventually(async () => {
      const [each] = await invitationsTo(email);
      return each?.renewals === 1 ? each : undefined;
    });
    expect(found).toMatchObject({ state: 'pending', renewed_at: expect.any(String) });
    const listed = (renewed: boolean) =>
      world.server.api('GET', `/api/v2/invitations?email=${email}&renewed=${renewed}`);
    expect((await listed(true)).body).toMatchObject([{ id: found.id }]);
    expect((await listed(false)).body).toEqual([]);
  });

  test('is not renewed if it was not made so', async () => {
    const { email } = aPerson();
    const [line] = await linksFor({ recipients: [email], renewable: false });
    await expire(line?.invitation_id ?? '');
    const shown = await openTab().go(line?.link ?? '');
    expect(shown.page).not.toContain('Send me a new link');
    expect(shown.page).toContain('ask the people who sent it for a new one');
  });
});
