import { beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../src/platform/crypto/crypto.ts';
import { findTicketBySecret, useTicket } from '../../src/records/tickets/tickets.ts';
import { atOnce } from '../harness/factories.ts';
import { startServer, type TestServer } from '../harness/harness.ts';

const CONNECTION = 'Username-Password-Authentication';

let server: TestServer;
let connectionId: string;
beforeAll(async () => {
  server = await startServer();
  const connections = await server.api<{ id: string }[]>('GET', '/api/v2/connections');
  connectionId = connections.body[0]?.id ?? '';
});

let number = 0;
async function aUser(email = `holder-${++number}@example.test`) {
  const made = await server.api<{ user_id: string; email: string }>('POST', '/api/v2/users', {
    connection: CONNECTION,
    email,
    verify_email: false,
    password: 'Tulip-canal-77-bridge',
  });
  expect(made.status).toBe(201);
  return made.body;
}

const ask = (body: object, kind = 'password-change') =>
  server.api<{ ticket: string; message: string; errorCode?: string }>(
    'POST',
    `/api/v2/tickets/${kind}`,
    body,
  );
const secretOf = (link: string) => new URL(link).searchParams.get('ticket') ?? '';
const use = (link: string) =>
  useTicket(server.app.database.db, {
    secretHash: sha256(secretOf(link)),
    kind: 'password-change',
    now: new Date(),
  });

test('A ticket is a link in the form clients know. Its default lifetime is five days.', async () => {
  const user = await aUser();
  for (const ttl of [{}, { ttl_sec: 0 }]) {
    const answer = await ask({ user_id: user.user_id, ...ttl });
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body)).toEqual(['ticket']);
    expect(answer.body.ticket).toMatch(
      /^http:\/\/localhost:\d+\/u\/reset-verify\?ticket=[A-Za-z0-9]{32}#$/,
    );
    const ticket = await findTicketBySecret(
      server.app.database.db,
      sha256(secretOf(answer.body.ticket)),
    );
    const seconds =
      ((ticket?.expiresAt.getTime() ?? 0) - (ticket?.createdAt.getTime() ?? 0)) / 1000;
    expect(seconds).toBe(432_000);
  }
});

test('A ticket for verifying an address has its own page.', async () => {
  const user = await aUser();
  const answer = await ask({ user_id: user.user_id }, 'email-verification');
  expect(answer.status).toBe(201);
  expect(answer.body.ticket).toMatch(/\/u\/email-verification\?ticket=[A-Za-z0-9]{32}#$/);
});

test('A ticket accepts every documented parameter.', async () => {
  const user = await aUser();
  const answer = await ask({
    connection_id: connectionId,
    email: user.email,
    result_url: 'https://app.example.test/done',
    ttl_sec: 60,
    mark_email_as_verified: true,
    includeEmailInRedirect: false,
  });
  expect(answer.status).toBe(201);
  const ticket = await findTicketBySecret(
    server.app.database.db,
    sha256(secretOf(answer.body.ticket)),
  );
  expect(ticket).toMatchObject({
    userId: user.user_id,
    resultUrl: 'https://app.example.test/done',
    markEmailAsVerified: true,
    includeEmailInRedirect: false,
  });
});

test('Only the newest ticket of a kind works.', async () => {
  const user = await aUser();
  const first = await ask({ user_id: user.user_id });
  const verification = await ask({ user_id: user.user_id }, 'email-verification');
  const second = await ask({ user_id: user.user_id });
  expect(await use(first.body.ticket)).toBeNull();
  expect((await use(second.body.ticket))?.userId).toBe(user.user_id);
  expect(await use(second.body.ticket)).toBeNull();
  const untouched = await findTicketBySecret(
    server.app.database.db,
    sha256(secretOf(verification.body.ticket)),
  );
  expect(untouched?.supersededAt).toBeNull();
});

test('Sixteen simultaneous ticket requests leave one working link, and it works once.', async () => {
  const user = await aUser();
  const answers = await atOnce(16, () => ask({ user_id: user.user_id }));
  expect(answers.map((answer) => answer.status)).toEqual(Array(16).fill(201));
  const used = await Promise.all(answers.map((answer) => use(answer.body.ticket)));
  expect(used.filter((candidate) => candidate !== null).length).toBe(1);
});

test('Sixteen simultaneous uses of one ticket count as one.', async () => {
  const user = await aUser();
  const { body } = await ask({ user_id: user.user_id });
  const used = await atOnce(16, () => use(body.ticket));
  expect(used.filter((candidate) => candidate !== null).length).toBe(1);
});

test('A contradictory request and an unknown id are refused in the words that clients compare.', async () => {
  const user = await aUser();
  const { user_id, email } = user;
  const cases: [object, number, RegExp][] = [
    [{}, 400, /Missing required property: user_id/],
    [{ email }, 400, /Missing required property: connection_id/],
    [{ connection_id: connectionId }, 400, /Missing required property: email/],
    [{ user_id, email }, 400, /cannot be combined/],
    [{ user_id: 'auth0|nobody' }, 404, /^The user does not exist\.$/],
    [
      { connection_id: 'con_0000000000000000', email },
      400,
      /^The connection with id con_0000000000000000 does not exist\.$/,
    ],
    [{ user_id, client_id: 'none' }, 400, /^The client does not exist$/],
    [
      { user_id, organization_id: 'org_0000000000000000' },
      400,
      /^The organization does not exist$/,
    ],
    [
      { user_id, organization_id: 'org_0000000000000000', result_url: 'https://a.test' },
      400,
      /result_url/,
    ],
    [
      { user_id, identity: { user_id: 'other', provider: 'auth0' } },
      400,
      /^The user exists, but does not contain the given identity\.$/,
    ],
    [{ user_id, ttl_sec: -1 }, 400, /ttl_sec/],
    [{ user_id, result_url: 'javascript:alert(1)' }, 400, /result_url/],
    [{ user_id, nonsense: 1 }, 400, /Additional properties/],
  ];
  for (const [body, status, message] of cases) {
    const answer = await ask(body);
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)]);
  }
});

test('A job creates links for many users and returns them once, as lines or as a table without formulas.', async () => {
  const users = [await aUser(), await aUser('=evil@example.test')];
  for (const format of ['json', 'csv']) {
    const started = await server.api<{ id: string; type: string }>(
      'POST',
      '/api/v2/jobs/password-change-tickets',
      {
        recipients: users.map((user) => ({ user_id: user.user_id })),
        format,
        mark_email_as_verified: true,
      },
    );
    expect(started.status).toBe(202);
    const { id } = started.body;
    const first = await server.api('GET', `/api/v2/jobs/${id}/tickets`);
    expect(first.status).toBe(200);
    const links = [...first.text.matchAll(/http:\S+?ticket=[A-Za-z0-9]{32}#/g)].map(String);
    expect(links.length).toBe(2);
    if (format === 'csv') expect(first.text).toContain("'=evil@example.test");
    else expect(JSON.parse(first.text.split('\n')[0] ?? '')).toHaveProperty('link');
    const second = await server.api('GET', `/api/v2/jobs/${id}/tickets`);
    expect(second.status).toBe(410);
    const shown = await server.api('GET', `/api/v2/jobs/${id}`);
    for (const link of links) expect(shown.text).not.toContain(secretOf(link));
    expect((await use(links[0] ?? ''))?.markEmailAsVerified).toBe(true);
  }
  expect(server.sink.mails).toEqual([]);
});

test('A job for a whole connection reaches all its users.', async () => {
  const started = await server.api<{ id: string }>('POST', '/api/v2/jobs/password-change-tickets', {
    connection_id: connectionId,
  });
  expect(started.status).toBe(202);
  await expect
    .poll(
      async () =>
        (await server.api<{ status: string }>('GET', `/api/v2/jobs/${started.body.id}`)).body
          .status,
      { timeout: 20_000 },
    )
    .toBe('completed');
  const { text } = await server.api('GET', `/api/v2/jobs/${started.body.id}/tickets`);
  const users = await server.api<{ total: number }>('GET', '/api/v2/users?include_totals=true');
  expect(text.trim().split('\n').length).toBe(users.body.total);
});

test('A password set by an operator ends the open reset link.', async () => {
  const user = await aUser();
  const { body } = await ask({ user_id: user.user_id });
  const changed = await server.api('PATCH', `/api/v2/users/${encodeURIComponent(user.user_id)}`, {
    password: 'Poplar-shadow-31-ferry',
  });
  expect(changed.status).toBe(200);
  expect(await use(body.ticket)).toBeNull();
  expect((await fetch(body.ticket)).status).toBe(410);
});
