import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { type NewMailContent, storedContent } from './mail-content.ts';
import {
  type Message,
  type MessageRow,
  type MessageState,
  messageColumns,
  type OutboxEntry,
  toEntry,
  toMessage,
  type UnreadableMessage,
} from './message-row.ts';

export type { ImportResult, MailContent, MailTemplate } from './mail-content.ts';
export type { Message, MessageState, OutboxEntry, UnreadableMessage } from './message-row.ts';
export {
  deleteOldInvitationMails,
  deleteOldMailsToNobody,
  deleteOldMessages,
} from './remove-messages.ts';

export type NewMessage = NewMailContent & {
  recipient: string;
  /** Earliest time to send. Default: now. */
  dueAt?: Date;
  /** Idempotency key: a second mail with the same key is not queued. For tasks that may run twice. */
  once?: string | undefined;
};

/** After this number of attempts a message has failed permanently. */
export const MAX_ATTEMPTS = 8;

const MINUTE = 60_000;
const HELD_MS = 5 * 24 * 60 * MINUTE;
const BACKOFF_MS = [1, 5, 15, 60, 240, 240, 240].map((minutes) => minutes * MINUTE);

/** Adds mails to the outbox, in the caller's transaction. Flows call the step `queueMail`, which also enqueues the delivery. @returns their ids */
export async function queueMessages(tx: Db, messages: NewMessage[], now: Date): Promise<string[]> {
  if (messages.length === 0) return [];
  const rows = messages.map((message) => {
    const { template, userId, invitationId, ticketId, campaignId, data } = storedContent(message);
    return {
      id: message.once === undefined ? newId('msg') : idOf(message.once),
      template,
      recipient: message.recipient,
      user_id: userId,
      invitation_id: invitationId,
      ticket_id: ticketId,
      campaign_id: campaignId,
      data,
      due_at: message.dueAt ?? now,
      created_at: now,
    };
  });
  await sql`
    insert into messages (id, template, recipient, user_id, invitation_id, ticket_id, campaign_id, data, due_at, created_at)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(
      id text, template text, recipient text, user_id text, invitation_id text, ticket_id text, campaign_id text,
      data jsonb, due_at timestamptz, created_at timestamptz)
    on conflict (id) do nothing`.execute(tx);
  return rows.map((row) => row.id);
}

/** Returns whether a mail was queued with this key. */
export async function wasQueued(db: Db, once: string): Promise<boolean> {
  const { rows } = await sql`select 1 from messages where id = ${idOf(once)}`.execute(db);
  return rows.length > 0;
}

function idOf(once: string): string {
  return `msg_${sha256(once).toString('hex').slice(0, 32)}`;
}

/**
 * Claims due mails for this node, oldest first, and those whose sender died. A claimed mail returns to the queue when its lease ends
 * without {@link markSent} or {@link markFailed}.
 */
export async function claimMessages(
  db: Db,
  input: { limit: number; leaseSeconds: number; now: Date },
): Promise<(Message | UnreadableMessage)[]> {
  const { limit, leaseSeconds, now } = input;
  await reclaimMessages(db, { limit, now });
  const until = momentAfter(now, leaseSeconds);
  const { rows } = await sql<MessageRow>`
    with due as materialized (
      select id from messages where state = 'queued' and due_at <= ${now}
      order by due_at, id limit ${limit} for update skip locked
    )
    update messages set state = 'sending', attempts = attempts + 1, lease_until = ${until}
    from due where messages.id = due.id
    returning ${messageColumns}`.execute(db);
  return rows.map(toMessage);
}

/** Returns mails whose sender died to the queue. Those with too many attempts have failed. */
async function reclaimMessages(db: Db, input: { limit: number; now: Date }): Promise<void> {
  await sql`
    with dead as materialized (
      select id from messages where state = 'sending' and lease_until <= ${input.now}
      order by lease_until limit ${input.limit} for update skip locked
    )
    update messages set
      state = case when attempts >= ${sql.lit(MAX_ATTEMPTS)} then 'failed' else 'queued' end,
      error = case when attempts >= ${sql.lit(MAX_ATTEMPTS)} then 'Sending was interrupted too often.' else error end,
      lease_until = null
    from dead where messages.id = dead.id`.execute(db);
}

/** Extends the leases of mails that are still being sent. */
export async function renewLeases(
  db: Db,
  input: { ids: string[]; leaseSeconds: number; now: Date },
): Promise<void> {
  const until = momentAfter(input.now, input.leaseSeconds);
  await sql`
    update messages set lease_until = ${until} where id = any(${input.ids}::text[]) and state = 'sending'`.execute(
    db,
  );
}

/** Releases claimed mails that were not begun, as if they had not been claimed. */
export async function releaseMessages(db: Db, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update messages set state = 'queued', attempts = greatest(attempts - 1, 0), lease_until = null
    where id = any(${ids}::text[]) and state = 'sending'`.execute(db);
}

/** Marks mails as accepted by the receiving server, also if another node has claimed one meanwhile. */
export async function markSent(db: Db, input: { ids: string[]; now: Date }): Promise<void> {
  if (input.ids.length === 0) return;
  await sql`
    update messages set state = 'sent', sent_at = ${input.now}, lease_until = null, error = null, held_since = null
    where id = any(${input.ids}::text[]) and state in ('sending', 'queued')`.execute(db);
}

export type FailedSend = {
  id: string;
  /** The failed attempt. A later one by another node stays unaffected. */
  attempts: number;
  error: string;
  /**
   * `again`: retried with growing pauses, up to the maximum. `final`: never retried. `held`: retried every minute until the operator has
   * corrected the cause, which is not the mail itself. After five days it fails too (RFC 5321, 4.5.4.1).
   */
  next: 'again' | 'final' | 'held';
};

/** Records failed mails: they are retried later, or have failed permanently. */
export async function markFailed(
  db: Db,
  input: { failures: FailedSend[]; now: Date },
): Promise<void> {
  if (input.failures.length === 0) return;
  const { now } = input;
  const rows = input.failures.map((failure) => ({
    id: failure.id,
    attempts: failure.attempts,
    error: failure.error.slice(0, 1000),
    held: failure.next === 'held',
    state:
      failure.next === 'final' || (failure.next === 'again' && failure.attempts >= MAX_ATTEMPTS)
        ? 'failed'
        : 'queued',
    due_at:
      failure.next === 'held'
        ? new Date(now.getTime() + MINUTE)
        : nextAttempt(failure.attempts, now),
  }));
  const longest = new Date(now.getTime() - HELD_MS);
  await sql`
    update messages set error = r.error, due_at = r.due_at, lease_until = null,
      state = case when r.held and held_since <= ${longest} then 'failed' else r.state end,
      attempts = case when r.held then messages.attempts - 1 else messages.attempts end,
      held_since = case when r.held and coalesce(held_since > ${longest}, true) then coalesce(held_since, ${now}) end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(
      id text, attempts integer, error text, held boolean, state text, due_at timestamptz)
    where messages.id = r.id and messages.state = 'sending' and messages.attempts = r.attempts`.execute(
    db,
  );
}

/** Returns the mail server's latest answer about a problem that only the operator can correct, or `null` if no mail is held. */
export async function heldMail(
  db: Db,
): Promise<{ since: Date; problem: string; mails: number } | null> {
  const { rows } = await sql<{ since: Date; problem: string; mails: number }>`
    select min(held_since) as since, max(error) as problem, count(*)::int as mails
    from (select held_since, error from messages where held_since is not null limit 10000) as held
    having count(*) > 0`.execute(db);
  return rows[0] ?? null;
}

/** Returns the time of the next attempt after `attempts` failures. */
export function nextAttempt(attempts: number, now: Date): Date {
  const pause = BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length) - 1] ?? MINUTE;
  return new Date(now.getTime() + pause);
}

/** Cancels mails, for example of a revoked invitation. */
export async function markCanceled(
  db: Db,
  input: { ids: string[]; reason: string },
): Promise<void> {
  if (input.ids.length === 0) return;
  await sql`
    update messages set state = 'canceled', error = ${input.reason}, lease_until = null, held_since = null
    where id = any(${input.ids}::text[]) and state in ('sending', 'queued')`.execute(db);
}

/** Cancels the mails of invitations that are not being sent yet. Returns how many it canceled. */
export async function cancelMessages(
  db: Db,
  input: { invitationIds: string[]; reason: string },
): Promise<number> {
  const result = await sql`
    update messages set state = 'canceled', error = ${input.reason}, held_since = null
    where invitation_id = any(${input.invitationIds}::text[]) and state = 'queued'`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Returns the state of the latest mail of each invitation. */
export async function latestMessages(
  db: Db,
  invitationIds: string[],
): Promise<Map<string, OutboxEntry>> {
  const { rows } = await sql<MessageRow>`
    select distinct on (invitation_id) ${messageColumns} from messages
    where invitation_id = any(${invitationIds}::text[])
    order by invitation_id, created_at desc, id desc`.execute(db);
  return new Map(rows.map((row) => [row.invitation_id ?? '', toEntry(row)]));
}

/** Returns the number of a campaign's mails per state. */
export async function countMessages(
  db: Db,
  campaignId: string,
): Promise<Record<MessageState, number>> {
  const counts = { queued: 0, sending: 0, sent: 0, failed: 0, canceled: 0 };
  const { rows } = await sql<{ state: MessageState; n: number }>`
    select state, count(*)::int as n from messages where campaign_id = ${campaignId} group by state`.execute(
    db,
  );
  for (const row of rows) counts[row.state] = row.n;
  return counts;
}

/** Returns the numbers of waiting and of failed mails, each up to `bound + 1`. Each state has an index of its own. */
export async function countMessagesUpTo(
  db: Db,
  state: 'queued' | 'failed',
  bound: number,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n
    from (select 1 from messages where state = ${sql.lit(state)} limit ${bound + 1}) as counted`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** Returns when the next mail needs attention: the earliest due time, or the end of a lease. */
export async function nextDue(db: Db): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select least(
      (select min(due_at) from messages where state = 'queued'),
      (select min(lease_until) from messages where state = 'sending')) as at`.execute(db);
  return rows[0]?.at ?? null;
}

/**
 * Reserves evenly spaced sending times for `count` mails, so that all nodes together keep the pace.
 * @returns the first moment; the others follow at intervals of `1 / ratePerSecond` seconds
 */
export async function reserveSlots(
  db: Db,
  input: { count: number; ratePerSecond: number; now: Date },
): Promise<Date> {
  const seconds = input.count / input.ratePerSecond;
  const { rows } = await sql<{ first: Date }>`
    update mail_pace set next_at = greatest(next_at, ${input.now}) + make_interval(secs => ${seconds})
    where id = 1
    returning next_at - make_interval(secs => ${seconds}) as first`.execute(db);
  return rows[0]?.first ?? input.now;
}
