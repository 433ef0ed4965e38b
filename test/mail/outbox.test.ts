import { sql } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { deliverDueMail } from '../../src/flows/deliver-mail/deliver-mail.ts';
import { revokeInvitation } from '../../src/records/invitations/invitations.ts';
import {
  cancelMessages,
  claimMessages,
  heldMail,
  latestMessages,
  MAX_ATTEMPTS,
  markFailed,
  markSent,
} from '../../src/records/messages/messages.ts';
import { linkIn } from '../harness/smtp-sink.ts';
import type { World } from '../harness/world.ts';
import {
  deliveryDeps,
  drain,
  emptyOutbox,
  invite,
  openMailWorld,
  people as peopleOf,
} from './delivery.ts';

let world: World;
beforeAll(async () => {
  world = await openMailWorld();
});
beforeEach(() => emptyOutbox(world));

const people = (count: number) => peopleOf(world, count);

async function messageOf(invitationId: string) {
  const message = (await latestMessages(world.db, [invitationId])).get(invitationId);
  if (!message) throw new Error('no message');
  return message;
}

async function invitedId(outcomes: { kind: string; id: string | null }[], index = 0) {
  const outcome = outcomes[index];
  if (outcome?.kind !== 'invited' || outcome.id === null) throw new Error('not invited');
  return outcome.id;
}

test('Two simultaneous deliveries send each mail exactly once.', async () => {
  const users = await people(120);
  await invite(world, users);
  const counts = await Promise.all([drain(world), drain(world), drain(world)]);
  expect(counts.reduce((sum, count) => sum + count.sent, 0)).toBe(120);
  expect(world.server.sink.mails.map((mail) => mail.to[0]).sort()).toEqual(
    users.map((user) => user.email).sort(),
  );
});

test('A repeat after a crash in mid-send carries the same Message-ID and the same link.', async () => {
  const [user] = await people(1);
  const { outcomes } = await invite(world, user ? [user] : []);
  const id = await invitedId(outcomes);
  // The sender takes the mail, the server accepts it, and the sender dies before it can note that.
  const neverWritten = deliveryDeps(world);
  await deliverDueMail(neverWritten);
  await sql`update messages set state = 'sending', sent_at = null, lease_until = ${new Date(Date.now() - 1)}`.execute(
    world.db,
  );
  await drain(world);
  const [first, second] = world.server.sink.mails;
  if (!first || !second) throw new Error('not sent twice');
  expect(second.mail.messageId).toBe(first.mail.messageId);
  expect(linkIn(second)).toBe(linkIn(first));
  expect((await messageOf(id)).state).toBe('sent');
});

test('A mail in the hands of another node stays untouched until its lease ends.', async () => {
  const [user] = await people(1);
  const now = new Date();
  await invite(world, user ? [user] : [], { now });
  const [taken] = await claimMessages(world.db, { limit: 10, leaseSeconds: 30, now });
  expect(taken?.attempts).toBe(1);
  const soon = new Date(now.getTime() + 29_000);
  expect(await claimMessages(world.db, { limit: 10, leaseSeconds: 30, now: soon })).toEqual([]);
  const later = new Date(now.getTime() + 31_000);
  const [again] = await claimMessages(world.db, { limit: 10, leaseSeconds: 30, now: later });
  expect(again).toMatchObject({ id: taken?.id, attempts: 2 });
});

test('A late failure of a first sender does not undo the success of a second one.', async () => {
  const [user] = await people(1);
  const now = new Date();
  const { outcomes } = await invite(world, user ? [user] : [], { now });
  const [first] = await claimMessages(world.db, { limit: 1, leaseSeconds: 1, now });
  const later = new Date(now.getTime() + 2000);
  const [second] = await claimMessages(world.db, { limit: 1, leaseSeconds: 30, now: later });
  if (!first || !second) throw new Error('not claimed');
  await markSent(world.db, { ids: [second.id], now: later });
  await markFailed(world.db, {
    failures: [{ id: first.id, attempts: first.attempts, error: 'slow', next: 'final' }],
    now: later,
  });
  expect(await messageOf(await invitedId(outcomes))).toMatchObject({ state: 'sent', error: null });
});

test('A mail with a 4xx answer is retried with growing pauses and never shown as sent.', async () => {
  const [user] = await people(1);
  const { outcomes } = await invite(world, user ? [user] : []);
  const id = await invitedId(outcomes);
  world.server.sink.answerWith(() => ({ code: 451, message: 'greylisted' }));
  const before = Date.now();
  expect(await drain(world)).toMatchObject({ sent: 0, failed: 1 });
  const waiting = await messageOf(id);
  expect(waiting).toMatchObject({ state: 'queued', attempts: 1, sentAt: null });
  expect(waiting.error).toContain('greylisted');
  expect(waiting.dueAt.getTime() - before).toBeGreaterThanOrEqual(60_000);
  // Not due yet: nothing is sent.
  expect(await drain(world)).toMatchObject({ sent: 0, failed: 0 });
  world.server.sink.answerWith(() => undefined);
  await sql`update messages set due_at = now() - interval '1 second'`.execute(world.db);
  expect(await drain(world)).toMatchObject({ sent: 1 });
  expect(await messageOf(id)).toMatchObject({ state: 'sent', attempts: 2, error: null });
});

test('A mail that failed eight times has failed for good.', async () => {
  const [user] = await people(1);
  const { outcomes } = await invite(world, user ? [user] : []);
  world.server.sink.answerWith(() => ({ code: 451, message: 'try later' }));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    await sql`update messages set due_at = now() - interval '1 second'`.execute(world.db);
    await drain(world);
  }
  expect(await messageOf(await invitedId(outcomes))).toMatchObject({
    state: 'failed',
    attempts: MAX_ATTEMPTS,
    sentAt: null,
  });
});

test('A mail with a 5xx answer is not retried, and the other mails still leave.', async () => {
  const users = await people(5);
  const { outcomes } = await invite(world, users);
  world.server.sink.answerWith((mail) =>
    mail.to[0] === users[2]?.email ? { code: 550, message: 'no such person' } : undefined,
  );
  expect(await drain(world)).toMatchObject({ sent: 4, failed: 1 });
  const failed = await messageOf(await invitedId(outcomes, 2));
  expect(failed).toMatchObject({ state: 'failed', sentAt: null });
  expect(failed.error).toContain('no such person');
});

const SENDER_REFUSED = [
  ['MAIL FROM', 550, '5.7.60 not allowed to send as this sender'],
  ['MAIL FROM', 553, 'Requested action not taken: mailbox name not allowed'],
  [
    'RCPT TO',
    553,
    '5.7.1 <no-reply@example.test>: Sender address rejected: not owned by user usher',
  ],
  ['RCPT TO', 554, '5.7.1 <ada@example.test>: Relay access denied'],
  [
    'DATA',
    554,
    '5.2.252 SendAsDenied; usher@example.test not allowed to send as no-reply@example.test',
  ],
  [
    'DATA',
    550,
    '5.7.26 Unauthenticated email from example.test is not accepted due to domain DMARC policy',
  ],
] as const;

test.each(
  SENDER_REFUSED,
)('A refusal of the sender at %s (%i %s) holds the mails until the operator has corrected it.', async (step, code, message) => {
  const users = await people(30);
  const { outcomes } = await invite(world, users);
  if (step === 'DATA') world.server.sink.answerWith(() => ({ code, message }));
  else world.server.sink.refuse(step, { code, message });
  for (let round = 0; round < MAX_ATTEMPTS + 2; round++) {
    await sql`update messages set due_at = now() - interval '1 second'`.execute(world.db);
    expect(await drain(world)).toMatchObject({ sent: 0 });
  }
  expect((await messageOf(await invitedId(outcomes))).state).toBe('queued');
  expect((await heldMail(world.db))?.problem).toContain(message.slice(0, 20));
  world.server.sink.answerWith(() => undefined);
  world.server.sink.refuse(null);
  await sql`update messages set due_at = now() - interval '1 second'`.execute(world.db);
  expect(await drain(world)).toMatchObject({ sent: 30, failed: 0 });
  expect(await heldMail(world.db)).toBeNull();
});

test.each([
  ['RCPT TO', 550, '5.1.1 no such user'],
  ['RCPT TO', 552, '5.2.2 mailbox full'],
  ['RCPT TO', 550, '5.2.1 The account is disabled'],
  ['RCPT TO', 550, '5.1.1 <ada@example.test>: account suspended'],
  ['MAIL FROM', 552, '5.3.4 message size exceeds fixed limit'],
  ['DATA', 554, '5.7.1 message content rejected'],
] as const)('A refusal of the recipient or the mail at %s (%i %s) is final.', async (step, code, message) => {
  const [user] = await people(1);
  const { outcomes } = await invite(world, user ? [user] : []);
  if (step === 'DATA') world.server.sink.answerWith(() => ({ code, message }));
  else world.server.sink.refuse(step, { code, message });
  await drain(world);
  world.server.sink.answerWith(() => undefined);
  world.server.sink.refuse(null);
  expect((await messageOf(await invitedId(outcomes))).state).toBe('failed');
});

test('A mail that was held for five days has failed.', async () => {
  const [user] = await people(1);
  const { outcomes } = await invite(world, user ? [user] : [], { ttlSeconds: 30 * 86_400 });
  world.server.sink.refuse('MAIL FROM');
  await drain(world);
  await sql`update messages set due_at = now() - interval '1 second', held_since = now() - interval '5 days 1 minute'`.execute(
    world.db,
  );
  await drain(world);
  world.server.sink.refuse(null);
  expect((await messageOf(await invitedId(outcomes))).state).toBe('failed');
  expect(await heldMail(world.db)).toBeNull();
});

test('An outage of the mail server loses no mail.', async () => {
  await invite(world, await people(60));
  const down = await drain(world, { url: 'smtp://127.0.0.1:9', concurrency: 2 });
  expect(down).toMatchObject({ sent: 0, isHeld: true });
  const { rows } = await sql<{ state: string; n: number }>`
    select state, count(*)::int as n from messages group by state`.execute(world.db);
  expect(rows).toEqual([{ state: 'queued', n: 60 }]);
  await sql`update messages set due_at = now() - interval '1 second'`.execute(world.db);
  expect(await drain(world)).toMatchObject({ sent: 60, failed: 0 });
});

test('A revoked invitation cancels its mail, even one in the making.', async () => {
  const users = await people(2);
  const { outcomes } = await invite(world, users);
  const [first, second] = [await invitedId(outcomes, 0), await invitedId(outcomes, 1)];
  const now = new Date();
  await revokeInvitation(world.db, { id: first, now });
  expect(await cancelMessages(world.db, { invitationIds: [first], reason: 'revoked' })).toBe(1);
  // The message of this one stays queued: the delivery itself sees that the invitation was revoked.
  await revokeInvitation(world.db, { id: second, now });
  expect(await drain(world)).toMatchObject({ sent: 0, canceled: 1 });
  expect(world.server.sink.mails).toEqual([]);
  expect((await messageOf(first)).state).toBe('canceled');
  expect(await messageOf(second)).toMatchObject({
    state: 'canceled',
    error: 'The invitation is revoked.',
  });
});

test('Two nodes together keep the send rate.', async () => {
  const users = await people(60);
  await invite(world, users);
  const arrivals: number[] = [];
  world.server.sink.answerWith(() => {
    arrivals.push(performance.now());
    return undefined;
  });
  const start = performance.now();
  await Promise.all([
    drain(world, { mailRatePerSecond: 20 }),
    drain(world, { mailRatePerSecond: 20 }),
  ]);
  expect(arrivals.length).toBe(60);
  // A busy machine makes a mail late, never early. Clocks count in milliseconds.
  const early = arrivals.map((at, nth) => (nth / 20) * 1000 - (at - start));
  expect(Math.max(...early)).toBeLessThan(20);
});

test('No table holds the secret of a link.', async () => {
  const users = await people(3);
  await invite(world, users);
  await drain(world);
  const secrets = world.server.sink.mails.map((mail) =>
    new URL(linkIn(mail)).searchParams.get('ticket'),
  );
  expect(secrets.every((secret) => /^[A-Za-z0-9]{32}$/.test(secret ?? ''))).toBe(true);
  for (const table of ['messages', 'invitations', 'campaigns', 'tickets', 'users']) {
    const { rows } = await sql<{ dump: string }>`
      select string_agg(t::text, ' ') as dump from ${sql.table(table)} t`.execute(world.db);
    for (const secret of secrets) expect(rows[0]?.dump ?? '').not.toContain(secret);
  }
});
