import { beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../src/platform/crypto/crypto.ts';
import { markDomainVerified } from '../../src/records/custom-domains/custom-domains.ts';
import {
  acceptInvitation,
  findInvitationBySecret,
} from '../../src/records/invitations/invitations.ts';
import { defaultConnectionId } from '../harness/application.ts';
import { atOnce } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';
import { finishedJob, uploadUsers } from '../harness/imports.ts';
import { linkIn } from '../harness/smtp-sink.ts';

type Started = {
  id: string;
  type: string;
  status: string;
  summary: { total: number; invited: number; already_invited: number; refused: number };
  refused: { row_number: number; errors: { code: string; path?: string; message: string }[] }[];
};
type Wire = {
  id: string;
  state: string;
  email: string;
  user_id: string;
  expires_at: string;
  mail: null | { state: string; attempts: number; sent_at?: string; error?: string };
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

let number = 0;
const anAddress = () => `guest-${++number}@example.test`;
const invite = (body: object) => server.api<Started>('POST', '/api/v2/invitations', body);
const get = (id: string) => server.api<Wire>('GET', `/api/v2/invitations/${id}`);
const secretOf = (link: string) => new URL(link).searchParams.get('ticket') ?? '';

async function oneOf(email: string): Promise<Wire> {
  const { body } = await server.api<Wire[]>('GET', `/api/v2/invitations?email=${email}`);
  if (body[0] === undefined) throw new Error(`no invitation to ${email}`);
  return body[0];
}

const open = async (link: string) => {
  const { secret } = { secret: secretOf(link) };
  const { db } = server.app.database;
  const secretHash = sha256(secret);
  const userId = (await findInvitationBySecret(db, secretHash))?.invitation.userId ?? '';
  return acceptInvitation(db, {
    secretHash,
    by: 'link',
    userId,
    now: new Date(),
  });
};

test('One request invites people with and without an account, and each gets one mail.', async () => {
  const known = anAddress();
  const made = await server.api<{ user_id: string }>('POST', '/api/v2/users', {
    connection: 'Username-Password-Authentication',
    email: known,
    password: 'Tulip-canal-77-bridge',
  });
  expect(made.status).toBe(201);
  const fresh = anAddress();
  const answer = await invite({
    recipients: [known, { email: fresh.toUpperCase(), given_name: 'Ada' }, fresh],
    inviter: { name: 'Grace' },
  });
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({
    type: 'invitations',
    status: 'completed',
    summary: { total: 3, invited: 2, already_invited: 1, refused: 0 },
  });
  const mail = await server.sink.waitForMail(fresh);
  expect(mail.mail.subject).toBe('Grace invites you to Usher');
  expect(mail.mail.text).toContain('Hello Ada,');
  await server.sink.waitForMail(known);
  expect(server.sink.mails.filter((candidate) => candidate.to.includes(fresh)).length).toBe(1);
  await expect.poll(async () => (await oneOf(fresh)).mail?.state, { timeout: 20_000 }).toBe('sent');
  const job = await server.api<{ rows_done: number; invitations: object }>(
    'GET',
    `/api/v2/jobs/${answer.body.id}`,
  );
  expect(job.body).toMatchObject({ invitations: { invited: 2, already_invited: 1 } });
});

test('Recipients that cannot be invited are refused one by one, and the others are invited.', async () => {
  const good = anAddress();
  const answer = await invite({
    recipients: [
      good,
      'not an address',
      { email: anAddress(), shoe_size: 44 },
      { user_id: 'auth0|nobody' },
      { given_name: 'Nobody' },
      { email: anAddress(), app_metadata: [] },
      { email: anAddress(), given_name: 'x\u0000' },
      7,
      'evil@example.test\r\nBcc: all@example.test',
    ],
  });
  expect(answer.body.summary).toEqual({
    total: 9,
    invited: 1,
    already_invited: 0,
    left_out: 0,
    refused: 8,
  });
  expect(
    answer.body.refused.map((each) => [
      each.row_number,
      each.errors[0]?.code,
      each.errors[0]?.path,
    ]),
  ).toEqual([
    [2, 'FORMAT', 'email'],
    [3, 'ADDITIONAL_PROPERTY', 'shoe_size'],
    [4, 'USER_NOT_FOUND', 'user_id'],
    [5, 'ANY_OF_MISSING', undefined],
    [6, 'INVALID_TYPE', 'app_metadata'],
    [7, 'INVALID_FORMAT', undefined],
    [8, 'INVALID_TYPE', undefined],
    [9, 'FORMAT', 'email'],
  ]);
  const errors = await server.api<unknown[]>('GET', `/api/v2/jobs/${answer.body.id}/errors`);
  expect(errors.body.length).toBe(8);
});

test('A second invitation sends nothing while the first is open.', async () => {
  const email = anAddress();
  await invite({ recipients: [email] });
  await server.sink.waitForMail(email);
  const again = await invite({ recipients: [email] });
  expect(again.body.summary).toMatchObject({ invited: 0, already_invited: 1 });
});

test('Sixteen simultaneous requests make one invitation.', async () => {
  const email = anAddress();
  const answers = await atOnce(16, () => invite({ recipients: [email] }));
  expect(answers.map((answer) => answer.status)).toEqual(Array(16).fill(202));
  expect(answers.reduce((sum, answer) => sum + answer.body.summary.invited, 0)).toBe(1);
  const users = await server.api<unknown[]>('GET', `/api/v2/users-by-email?email=${email}`);
  expect(users.body.length).toBe(1);
});

test('A repeat with the same key returns the first job, and another body under it is refused.', async () => {
  const body = { recipients: [anAddress()], idempotency_key: 'once' };
  const first = await invite(body);
  const second = await invite(body);
  expect(second.body.id).toBe(first.body.id);
  const other = await invite({ ...body, recipients: [anAddress()] });
  expect(other.status).toBe(409);
});

test('A resend mails the same link again, and the API never shows the link.', async () => {
  const email = anAddress();
  await invite({ recipients: [email] });
  const first = await server.sink.waitForMail(email);
  const { id } = await oneOf(email);
  await expect.poll(async () => (await get(id)).body.mail?.state, { timeout: 20_000 }).toBe('sent');
  const answer = await server.api<Wire>('POST', `/api/v2/invitations/${id}/resend`);
  expect(answer.status).toBe(202);
  const second = await server.sink.waitForMail(email, {
    where: (receivedMail) => receivedMail !== first,
  });
  expect(linkIn(second)).toBe(linkIn(first));
  expect(second.mail.messageId).not.toBe(first.mail.messageId);
  const shown = await get(id);
  expect(shown.text + answer.text).not.toContain(secretOf(linkIn(first)));
});

test('A resend gives an expired invitation a new link, and the old link stays dead.', async () => {
  const email = anAddress();
  await invite({ recipients: [email], ttl_sec: 2 });
  const first = linkIn(await server.sink.waitForMail(email));
  const { id } = await oneOf(email);
  await expect.poll(async () => (await get(id)).body.state, { timeout: 20_000 }).toBe('expired');
  expect(await open(first)).toBeNull();
  const expired = await server.api<Wire[]>(
    'GET',
    `/api/v2/invitations?state=expired&email=${email}`,
  );
  expect(expired.body.map((wire) => wire.id)).toEqual([id]);
  await server.api('POST', `/api/v2/invitations/${id}/resend`);
  const second = linkIn(
    await server.sink.waitForMail(email, {
      where: (receivedMail) => linkIn(receivedMail) !== first,
    }),
  );
  expect(await open(first)).toBeNull();
  expect((await open(second))?.id).toBe(id);
});

test('An expired invitation does not prevent a new one.', async () => {
  const email = anAddress();
  await invite({ recipients: [email], ttl_sec: 1 });
  const { id } = await oneOf(email);
  await expect.poll(async () => (await get(id)).body.state, { timeout: 20_000 }).toBe('expired');
  const again = await invite({ recipients: [email], ttl_sec: 3600 });
  expect(again.body.summary.invited).toBe(1);
  expect((await oneOf(email)).state).toBe('pending');
});

test('A revoked invitation is dead at once.', async () => {
  const email = anAddress();
  await invite({ recipients: [email] });
  const link = linkIn(await server.sink.waitForMail(email));
  const { id } = await oneOf(email);
  expect((await server.api('DELETE', `/api/v2/invitations/${id}`)).status).toBe(204);
  expect((await server.api('DELETE', `/api/v2/invitations/${id}`)).status).toBe(204);
  expect(await open(link)).toBeNull();
  expect((await get(id)).body.state).toBe('revoked');
  expect((await server.api('POST', `/api/v2/invitations/${id}/resend`)).status).toBe(400);
  expect((await server.api('DELETE', '/api/v2/invitations/uinv_missing')).status).toBe(404);
});

test('Sixteen simultaneous acceptances count as one.', async () => {
  const email = anAddress();
  await invite({ recipients: [email] });
  const link = linkIn(await server.sink.waitForMail(email));
  const winners = (await atOnce(16, () => open(link))).filter((candidate) => candidate !== null);
  expect(winners.length).toBe(1);
  expect((await oneOf(email)).state).toBe('accepted');
});

test('A client can fetch links instead of mails, once.', async () => {
  const [first, second] = [anAddress(), anAddress()];
  const answer = await invite({ recipients: [first, 'nonsense', second], return_links: true });
  expect(answer.status).toBe(200);
  const lines = answer.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { email?: string; status: string; link?: string });
  expect(lines.map((line) => line.status)).toEqual(['invited', 'refused', 'invited']);
  expect((await open(lines[0]?.link ?? ''))?.email).toBe(first);
  const again = await invite({ recipients: [second], return_links: true });
  expect(again.text).not.toContain('/u/invitation');
  expect((await oneOf(second)).mail).toBeNull();
  const repeatable = await invite({
    recipients: [anAddress()],
    return_links: true,
    idempotency_key: 'links',
  });
  expect(repeatable.status).toBe(400);
});

test('A link that a client fetches begins with the domain that the request names.', async () => {
  const made = await server.api<{ custom_domain_id: string }>('POST', '/api/v2/custom-domains', {
    domain: 'id.links.test',
    type: 'self_managed_certs',
  });
  await markDomainVerified(server.app.deps.db, made.body.custom_domain_id, new Date());
  const body = { recipients: [anAddress()], return_links: true };
  const headers = { 'auth0-custom-domain': 'id.links.test' };
  const answer = await server.api('POST', '/api/v2/invitations', body, { headers });
  const { link } = JSON.parse(answer.text) as { link: string };
  expect(new URL(link).origin).toBe('https://id.links.test');
  expect((await open(link))?.state).toBe('accepted');
});

test('An import invites no user who is blocked, whatever the row says.', async () => {
  const [blocked, fresh, open] = [anAddress(), anAddress(), anAddress()];
  await server.api('POST', '/api/v2/users', {
    connection: 'Username-Password-Authentication',
    email: open,
    password: 'Tulip-canal-77-bridge',
  });
  await server.api('POST', '/api/v2/users', {
    connection: 'Username-Password-Authentication',
    email: blocked,
    password: 'Tulip-canal-77-bridge',
    blocked: true,
  });
  const connectionId = await defaultConnectionId(server);
  const rows = [
    { email: blocked, given_name: 'Ada' },
    { email: fresh },
    // An update does not block the user.
    { email: open, given_name: 'Bo', blocked: true },
  ];
  const fields = { upsert: 'true', send_invitations: 'true' };
  const started = await uploadUsers(server, connectionId, rows, fields);
  expect(await finishedJob(server, started.body.id)).toMatchObject({
    status: 'completed',
    summary: { inserted: 1, updated: 2 },
    invitations: { invited: 2, already_invited: 0 },
  });
});

test('A background task invites a list that is longer than one transaction.', async () => {
  const recipients = Array.from({ length: 1100 }, (_, index) => `crowd-${index}@example.test`);
  const answer = await invite({ recipients });
  expect(answer.status).toBe(202);
  await expect
    .poll(
      async () => (await server.api<Started>('GET', `/api/v2/jobs/${answer.body.id}`)).body.status,
      {
        timeout: 60_000,
      },
    )
    .toBe('completed');
  const list = await server.api<{ total: number; invitations: Wire[] }>(
    'GET',
    `/api/v2/invitations?job_id=${answer.body.id}&include_totals=true&per_page=2`,
  );
  expect(list.body).toMatchObject({ total: 1100 });
  expect(list.body.invitations.length).toBe(2);
  const seen = new Set<string>();
  let from = '';
  do {
    const page = await server.api<{ invitations: Wire[]; next?: string }>(
      'GET',
      `/api/v2/invitations?job_id=${answer.body.id}&take=100${from}`,
    );
    for (const invitation of page.body.invitations) seen.add(invitation.email);
    from = page.body.next ? `&from=${page.body.next}` : '';
  } while (from !== '');
  expect(seen.size).toBe(1100);
}, 90_000);

test('A client can invite all users of an import, and only them.', async () => {
  const rows = [1, 2, 3].map((index) => ({ email: `imported-${index}@example.test` }));
  const form = new FormData();
  const { body: connections } = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
  form.set('connection_id', connections[0]?.id ?? '');
  form.set('users', new Blob([JSON.stringify([...rows, { email: 'not an address' }])]), 'u.json');
  const started = await server.api<Started>('POST', '/api/v2/jobs/users-imports', form);
  expect(started.status).toBe(202);
  const job = async (id: string) => (await server.api<Started>('GET', `/api/v2/jobs/${id}`)).body;
  await expect
    .poll(async () => (await job(started.body.id)).status, { timeout: 30_000 })
    .toBe('completed');
  const answer = await invite({ job_id: started.body.id });
  expect(answer.status).toBe(202);
  await expect
    .poll(() => job(answer.body.id), { timeout: 30_000 })
    .toMatchObject({
      status: 'completed',
      rows_total: 3,
      rows_done: 3,
      rows_refused: 0,
      invitations: { invited: 3, already_invited: 0 },
    });
  for (const { email } of rows) await server.sink.waitForMail(email);
});

test('A client can invite all users with one mail domain in a connection.', async () => {
  await invite({
    recipients: ['one@acme.test', 'two@acme.test'],
    client_id: server.config.bootstrapClient?.id,
  });
  const answer = await invite({ search: { q: 'email.domain:"acme.test"' } });
  expect(answer.status).toBe(202);
  await expect
    .poll(async () => (await server.api<Started>('GET', `/api/v2/jobs/${answer.body.id}`)).body, {
      timeout: 20_000,
    })
    .toMatchObject({ status: 'completed', invitations: { invited: 2 } });
});

test('A client can invite the users that a search finds, and only them.', async () => {
  await invite({
    recipients: [
      { email: 'gold.one@search.test', name: 'Gold One' },
      { email: 'gold.two@search.test', name: 'Gold Two' },
      { email: 'free@search.test', name: 'Free' },
    ],
    client_id: server.config.bootstrapClient?.id,
  });
  const q = 'name:gold* AND email:*@search.test AND NOT name:*two';
  const answer = await invite({ search: { q } });
  expect(answer.status).toBe(202);
  await expect
    .poll(async () => (await server.api<Started>('GET', `/api/v2/jobs/${answer.body.id}`)).body, {
      timeout: 20_000,
    })
    .toMatchObject({
      status: 'completed',
      rows_total: 1,
      rows_done: 1,
      invitations: { invited: 1 },
    });
});

test('An invalid search is refused at once with the position of the error.', async () => {
  const answer = await server.api<{ message: string }>('POST', '/api/v2/invitations', {
    search: { q: 'name:ada AND' },
  });
  expect(answer.status).toBe(400);
  expect(answer.body.message).toBe(
    "Payload validation error: 'A term is missing at the end of the search (at character 13)' on property search.q.",
  );
});

test.each([
  [{}, /Exactly one of/],
  [{ recipients: ['a@b.test'], job_id: 'job_1' }, /Exactly one of/],
  [{ recipients: [] }, /recipients/],
  [{ recipients: ['a@b.test'], connection: 'None' }, /connection does not exist/],
  [{ recipients: ['a@b.test'], client_id: 'none' }, /client does not exist/],
  [{ recipients: ['a@b.test'], app_metadata: { a: '\u0000' } }, /cannot be stored/],
  [{ job_id: 'job_none' }, /job does not exist/],
  [{ recipients: ['a@b.test'], nonsense: 1 }, /Additional properties/],
])('An invalid request is refused with the reason: %j', async (body, message) => {
  const answer = await server.api<{ message: string }>('POST', '/api/v2/invitations', body);
  expect(answer.status).toBe(400);
  expect(answer.body.message).toMatch(message);
});
