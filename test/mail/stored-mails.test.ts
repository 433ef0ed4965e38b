import { sql } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../../src/platform/ids/ids.ts';
import { insertConnection } from '../../src/records/connections/connections.ts';
import { newPasswordlessCode } from '../../src/records/passwordless-codes/passwordless-codes.ts';
import { newPasswordlessLink } from '../../src/records/passwordless-links/passwordless-links.ts';
import { issueTicket, type NewTicket } from '../../src/records/tickets/tickets.ts';
import type { User } from '../../src/records/users/users.ts';
import type { World } from '../harness/world.ts';
import { drain, invite, openMailWorld } from './delivery.ts';

let world: World;
let user: User;
beforeAll(async () => {
  world = await openMailWorld();
});
beforeEach(async () => {
  user = await world.aUser({ id: world.connectionId }, { givenName: 'Ada' });
});

const lastMail = () => world.server.sink.mails.findLast((mail) => mail.to[0] === user.email)?.mail;

type Row = {
  template: string;
  userId?: string | null;
  invitationId?: string;
  ticketId?: string;
  data?: unknown;
};

/** Writes a row as another version of the server might have. */
async function store(row: Row): Promise<void> {
  const data = row.data === undefined ? null : JSON.stringify(row.data);
  await sql`
    insert into messages (id, template, recipient, user_id, invitation_id, ticket_id, data, due_at)
    values (${newId('msg')}, ${row.template}, ${user.email}, ${row.userId ?? null},
      ${row.invitationId ?? null}, ${row.ticketId ?? null}, ${data}::jsonb,
      now() - interval '1 second')`.execute(world.db);
}

async function ticketOf(kind: NewTicket['kind']): Promise<string> {
  const now = new Date();
  const ask = { kind, userId: user.id, ticketKey: world.keys.ticket, now };
  return (await issueTicket(world.db, { ...ask, email: user.email })).id;
}

/** Returns a request for a code or link, at a connection of its own. */
async function loginRequest(body: string | null = null) {
  const now = new Date();
  const connectionId = newId('con');
  await insertConnection(world.db, {
    id: connectionId,
    name: connectionId,
    displayName: null,
    strategy: 'email',
    options: body === null ? {} : { email: { body, syntax: 'liquid' } },
    metadata: null,
    realms: [],
    settings: {},
    createdAt: now,
    updatedAt: now,
  });
  return {
    connectionId,
    recipient: user.email ?? '',
    clientId: 'client',
    askedFrom: '192.0.2.1',
    ttlSeconds: 60,
    now,
  };
}

const inAMinute = () => new Date(Date.now() + 60_000).toISOString();
const JOB = { id: 'job_1', status: 'completed', connection: 'People', external_id: 'march' };

test.each<[what: string, row: () => Promise<Row>, says: string]>([
  [
    'an invitation',
    async () => {
      const { outcomes } = await invite(world, [user]);
      await sql`delete from messages where recipient = ${user.email}`.execute(world.db);
      const invitationId = outcomes[0]?.id ?? '';
      return { template: 'user_invitation', userId: user.id, invitationId };
    },
    '{url}/u/invitation?ticket=',
  ],
  [
    'a link for a new password',
    async () => {
      const ticketId = await ticketOf('password-change');
      return { template: 'reset_email', userId: user.id, ticketId };
    },
    'Choose a new password',
  ],
  [
    'a blocked account',
    async () => {
      const ticketId = await ticketOf('account-unblock');
      const data = { source_ip: '198.51.100.7' };
      return { template: 'blocked_account', userId: user.id, ticketId, data };
    },
    'from 198.51.100.7',
  ],
  [
    'a link to enroll a factor in German',
    async () => {
      const ticketId = await ticketOf('factor-enrollment');
      const data = { locale: 'de' };
      return { template: 'enrollment_email', userId: user.id, ticketId, data };
    },
    'Ein zweiter Schritt',
  ],
  [
    'a code',
    async () => {
      const data = { challengeId: 'fch_1', challengeEnds: inAMinute() };
      return { template: 'mfa_oob_code', userId: user.id, data };
    },
    'Your code: ',
  ],
  [
    'a code without an account',
    async () => {
      const { id: passwordlessId } = await newPasswordlessCode(world.db, await loginRequest());
      return { template: 'passwordless_code', data: { passwordlessId, language: 'fr' } };
    },
    'Saisissez ce code',
  ],
  [
    'a login link without an account',
    async () => {
      const asked = { ...(await loginRequest()), params: {}, key: world.keys.ticket };
      const { id: passwordlessLinkId } = await newPasswordlessLink(world.db, asked);
      return { template: 'passwordless_link', data: { passwordlessLinkId } };
    },
    '{url}/passwordless/verify_redirect?ticket=',
  ],
  [
    'a sign-up with a taken name',
    async () => {
      const data = { connectionId: world.connectionId, clientId: null };
      return { template: 'sign_up_name_taken', data };
    },
    'was not created',
  ],
  [
    'a sign-up with an account, where only operators set passwords',
    async () => {
      const data = { clientId: null };
      return { template: 'sign_up_account_exists', userId: user.id, data };
    },
    'Log in as usual.',
  ],
  [
    'a new way to log in',
    async () => {
      const data = { provider: 'Google', clientId: null };
      return { template: 'identity_linked', userId: user.id, data };
    },
    'An account of Google was connected',
  ],
  [
    'a new passkey',
    async () => ({ template: 'passkey_added', userId: user.id, data: { clientId: null } }),
    'A passkey was added to your account',
  ],
  [
    'an import',
    async () => {
      const job = { ...JOB, status_details: '', inserted: 3, updated: 2, failed: 1, total: 6 };
      return { template: 'import_ended', userId: user.id, data: { job } };
    },
    '3 new users, 2 updated, 1 rows refused, of 6.',
  ],
])('a mail about %s is sent although an earlier version queued it', async (_what, row, says) => {
  const stored = await row();
  await store({ ...stored, data: stored.data && { ...stored.data, laterField: true } });
  expect(await drain(world)).toMatchObject({ sent: 1, failed: 0, canceled: 0 });
  expect(lastMail()?.text).toContain(says.replace('{url}', world.publicUrl));
});

test.each<[what: string, row: () => Row]>([
  ['an unknown template', () => ({ template: 'toString', userId: user.id })],
  ['no code', () => ({ template: 'mfa_oob_code', userId: user.id, data: {} })],
  [
    'a code of another type',
    () => ({ template: 'mfa_oob_code', userId: user.id, data: { challengeId: 7 } }),
  ],
  [
    'a code that ends at no date',
    () => ({
      template: 'mfa_oob_code',
      userId: user.id,
      data: { challengeId: 'fch_1', challengeEnds: 'soon' },
    }),
  ],
  ['data that is a list', () => ({ template: 'passwordless_code', data: ['passwordlessId'] })],
  ['data that is a text', () => ({ template: 'sign_up_name_taken', data: 'connectionId' })],
  ['no link', () => ({ template: 'reset_email', userId: user.id })],
  ['no invitation', () => ({ template: 'user_invitation', userId: user.id })],
  ['no provider', () => ({ template: 'identity_linked', userId: user.id, data: {} })],
  ['no job', () => ({ template: 'import_ended', userId: user.id, data: { job: null } })],
])('a stored mail with %s waits for a node that can read it, and fails after eight attempts', async (_what, row) => {
  const error = `This version cannot read a stored mail of ${row().template}.`;
  const outcomes = async () => {
    const { rows } = await sql<{ state: string; attempts: number; error: string }>`
      select state, attempts, error from messages where recipient = ${user.email}
      and state in ('queued', 'failed')`.execute(world.db);
    return rows;
  };
  await store(row());
  await invite(world, [user]);
  expect(await drain(world)).toMatchObject({ sent: 1, failed: 1 });
  expect(await outcomes()).toEqual([{ state: 'queued', attempts: 1, error }]);
  await sql`update messages set attempts = 7, due_at = ${new Date(0)}
    where state = 'queued' and recipient = ${user.email}`.execute(world.db);
  expect(await drain(world)).toMatchObject({ sent: 0, failed: 1 });
  expect(await outcomes()).toEqual([{ state: 'failed', attempts: 8, error }]);
});

test("a person without an account has an empty user_id in an operator's template", async () => {
  const body = '<p>[{{ user.user_id }}] [{{ user.name }}] {{ user.email }} {{ code }}</p>';
  const { id } = await newPasswordlessCode(world.db, await loginRequest(body));
  const data = { passwordlessId: id };
  await store({ template: 'passwordless_code', data });
  expect(await drain(world)).toMatchObject({ sent: 1 });
  const [said, code] =
    lastMail()
      ?.text?.trim()
      .split(/ (?=\d{6}$)/) ?? [];
  expect([said, code]).toEqual([`[] [] ${user.email}`, expect.stringMatching(/^\d{6}$/)]);
});
