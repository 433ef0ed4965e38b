import { beforeAll, describe, expect, test } from 'vitest';
import { runUsher } from '../cli/run-usher.ts';
import { BOOTSTRAP, startServer, type TestServer } from '../harness/harness.ts';
import { finishedJob } from '../harness/imports.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import { aVisitor } from '../harness/visitor.ts';

const STORE = 'Username-Password-Authentication';

let server: TestServer;
let application: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startServer();
  application = await anApplication();
  env = {
    USHER_URL: server.url,
    USHER_CLIENT_ID: BOOTSTRAP.id,
    USHER_CLIENT_SECRET: BOOTSTRAP.secret,
  };
});

type Preview = { client_id: string | null; summary: object; people: object[]; warnings?: object[] };

async function anApplication(settings: object = {}): Promise<string> {
  const made = await server.api<{ client_id: string }>('POST', '/api/v2/clients', {
    name: 'Notes',
    app_type: 'regular_web',
    callbacks: ['https://notes.example.test/callback'],
    ...settings,
  });
  return made.body.client_id;
}

async function serve(clientId: string, status: boolean): Promise<void> {
  const { body } = await server.api<{ id: string }[]>('GET', `/api/v2/connections?name=${STORE}`);
  const path = `/api/v2/connections/${body[0]?.id}/clients`;
  await server.api('PATCH', path, [{ client_id: clientId, status }]);
}

const aUser = (email: string, more: object = {}) =>
  server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: STORE,
    email,
    password: 'Tulip-canal-77-bridge',
    verify_email: false,
    ...more,
  });
const invite = <T = { id: string; summary: object; client_id?: string; warnings?: object[] }>(
  body: object,
) => server.api<T>('POST', '/api/v2/invitations', body);

/** Two users of one domain: one with an open first invitation, and one with a password. */
async function aDomain(domain: string) {
  await aUser(`active@${domain}`);
  const form = new FormData();
  const { body } = await server.api<{ id: string }[]>('GET', `/api/v2/connections?name=${STORE}`);
  form.set('connection_id', body[0]?.id ?? '');
  form.set('users', new Blob([JSON.stringify([{ email: `new@${domain}` }])]), 'users.json');
  const job = await server.api<{ id: string }>('POST', '/api/v2/jobs/users-imports', form);
  await finishedJob(server, job.body.id);
  return { q: `email.domain:"${domain}"`, importJob: job.body.id };
}

describe('a search', () => {
  test('skips users who can already sign in, unless the request includes them', async () => {
    const { q } = await aDomain('left.test');
    const first = await invite({ search: { q }, client_id: application });
    expect((await finishedJob(server, first.body.id)) as object).toMatchObject({
      invitations: { invited: 1, already_invited: 0, left_out: 1 },
      rows_refused: 0,
    });
    await server.sink.waitForMail('new@left.test');
    expect(server.sink.mails.some((mail) => mail.to.includes('active@left.test'))).toBe(false);
    const all = await invite({ search: { q }, client_id: application, include_active: true });
    expect((await finishedJob(server, all.body.id)) as object).toMatchObject({
      invitations: { invited: 1, already_invited: 1, left_out: 0 },
    });
    await server.sink.waitForMail('active@left.test');
  });

  test('reports the selected and skipped users in a dry run, and writes nothing', async () => {
    const { q } = await aDomain('dry.test');
    await aUser('blocked@dry.test', { blocked: true });
    const answer = await invite<Preview>({ search: { q }, client_id: application, dry_run: true });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        dry_run: true,
        client_id: application,
        summary: {
          total: 3,
          would_invite: 1,
          already_invited: 0,
          left_out: { has_password: 1, has_logged_in: 0, has_accepted: 0, has_declined: 0 },
          refused: 1,
        },
        people: [{ email: 'new@dry.test' }],
      },
    });
    const found = await server.api('GET', '/api/v2/invitations?email=new@dry.test');
    expect(found.body).toEqual([]);
  });
});

test('a search omits users who have declined, unless the request includes them', async () => {
  const { q } = await aDomain('declined.test');
  const visitor = aVisitor({ app: server.app.http });
  const asked = { search: { q }, client_id: application };
  await invite(asked);
  const mail = await server.sink.waitForMail('new@declined.test');
  const secret = new URL(linkIn(mail)).searchParams.get('ticket');
  const question = await visitor.get(`/u/decline-invitation?ticket=${secret}`);
  expect((await visitor.submit(question, {})).status).toBe(410);

  const dry = await invite<Preview>({ ...asked, dry_run: true });
  expect(dry.body.summary).toMatchObject({ would_invite: 0, left_out: { has_declined: 1 } });
  const invitedBy = async (body: object) => await finishedJob(server, (await invite(body)).body.id);
  expect(await invitedBy(asked)).toMatchObject({ invitations: { invited: 0, left_out: 2 } });
  expect(await invitedBy({ ...asked, include_active: true })).toMatchObject({
    invitations: { invited: 2, left_out: 0 },
  });
});

describe('a list', () => {
  test('invites users who can sign in, unless the request skips them', async () => {
    await aUser('named@list.test');
    const recipients = ['named@list.test', 'nobody-yet@list.test', 'nobody-yet@list.test', 'x'];
    const dry = await invite<Preview>({ recipients, client_id: application, dry_run: true });
    expect(dry.body.summary).toMatchObject({ would_invite: 2, already_invited: 1, refused: 1 });
    expect(
      (await server.api('GET', '/api/v2/users-by-email?email=nobody-yet@list.test')).body,
    ).toEqual([]);
    const without = { recipients, client_id: application, include_active: false };
    expect((await invite(without)).body.summary).toMatchObject({ invited: 1, left_out: 1 });
    const named = { recipients: ['named@list.test'], client_id: application };
    expect((await invite(named)).body.summary).toMatchObject({ invited: 1, left_out: 0 });
  });

  test('of an import can skip them as well, also in a dry run', async () => {
    const { importJob: job_id } = await aDomain('import.test');
    await server.api('POST', '/api/v2/invitations', {
      recipients: ['new@import.test'],
      client_id: application,
    });
    const dry = await invite<Preview>({ job_id, client_id: application, dry_run: true });
    expect(dry.body.summary).toMatchObject({ total: 1, would_invite: 0, already_invited: 1 });
  });

  test.each(['return_links', 'idempotency_key'])('refuses a dry run with %s', async (other) => {
    const body = {
      recipients: ['a@b.test'],
      dry_run: true,
      [other]: other === 'return_links' ? true : 'k',
    };
    expect((await invite({ ...body, client_id: application })).status).toBe(400);
  });
});

describe('the command line', () => {
  const usher = (...args: string[]) => runUsher(['invite', ...args], { env });

  test('asks for confirmation before it invites the users of a search', async () => {
    await aDomain('cli.test');
    const search = ['--domain', 'cli.test', '--client', application];
    const refused = await usher(...search);
    expect(refused.stderr).toContain('add --yes');
    expect(refused.code).toBe(2);
    const dry = await usher(...search, '--dry-run');
    expect(dry.stderr).toContain('1 person would be invited');
    expect(dry.stderr).toContain('new@cli.test');
    expect(dry.stderr).toContain('1 skipped: they have a password');
    expect(dry.code).toBe(0);
    expect((await server.api('GET', '/api/v2/invitations?email=new@cli.test')).body).toEqual([]);
    const done = await usher(...search, '--yes');
    expect(done.stdout).toContain('1 person invited, 1 skipped; 1 email sent');
    expect(done.code).toBe(0);
    const all = await usher(...search, '--yes', '--include-active');
    expect(all.stdout).toContain('1 person invited, 1 already had an open invitation');
    expect(all.stdout).toContain('An open invitation keeps its settings. To send others, revoke');
  });
});

describe('the application', () => {
  test('is reported as missing while the connection has none', async () => {
    const dry = await invite<Preview>({ recipients: ['a@none.test'], dry_run: true });
    expect(dry.body).toMatchObject({ client_id: null, warnings: [{ code: 'no_application' }] });
    expect((await invite({ recipients: ['a@none.test'] })).body.warnings).toHaveLength(1);
    const told = await runUsher(['invite', 'b@none.test'], { env });
    expect(told.stderr).toContain('The request names no application');
    const meant = await invite({ recipients: ['c@none.test'], client_id: null });
    expect(meant.body.warnings).toBeUndefined();
    const elsewhere = { recipients: ['d@none.test'], result_url: 'https://notes.example.test/' };
    expect((await invite(elsewhere)).body.warnings).toBeUndefined();
  });

  test('is refused by name if it may not use the connection', async () => {
    const answer = await invite({ recipients: ['a@unserved.test'], client_id: application });
    expect(answer.body.warnings).toMatchObject([{ code: 'application_not_enabled' }]);
  });

  test('defaults to the only one of the connection, and must be named among several', async () => {
    await serve(application, true);
    await invite({ recipients: ['a@only.test'] });
    const found = await server.api('GET', '/api/v2/invitations?email=a@only.test');
    expect(found.body).toMatchObject([{ client_id: application }]);
    const other = await anApplication({ name: 'Other' });
    await serve(other, true);
    const refused = await invite({ recipients: ['a@several.test'] });
    expect(refused).toMatchObject({ status: 400, body: { errorCode: 'client_id_required' } });
    const told = await runUsher(['invite', 'a@several.test'], { env });
    expect(told.stderr).toContain(other);
    expect(told.code).toBe(1);
    const none = await runUsher(['invite', 'a@several.test', '--no-client'], { env });
    expect(none.code).toBe(0);
    await serve(other, false);
    await serve(application, false);
  });
});
