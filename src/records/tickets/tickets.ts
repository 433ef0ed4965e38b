import { sql } from 'kysely';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { removeOld } from './remove-tickets.ts';

export type TicketKind =
  | 'password-change'
  | 'email-verification'
  | 'account-unblock'
  | 'factor-enrollment';

/** A one-time link. Its secret is derived from the id and stored nowhere; the table holds the secret's hash. */
export type Ticket = {
  id: string;
  kind: TicketKind;
  userId: string;
  email: string | null;
  clientId: string | null;
  organizationId: string | null;
  resultUrl: string | null;
  markEmailAsVerified: boolean;
  includeEmailInRedirect: boolean;
  jobId: string | null;
  /** What else it is for, in the words of whoever issued it. */
  details: Record<string, unknown>;
  createdAt: Date;
  expiresAt: Date;
  usedAt: Date | null;
  supersededAt: Date | null;
  /** Why it was over before it was used: a newer link was made, or the password was set in another way. */
  supersededBy: 'newer-link' | 'password' | null;
};

export type NewTicket = {
  kind: TicketKind;
  userId: string;
  email?: string | null;
  clientId?: string | null;
  organizationId?: string | null;
  resultUrl?: string | null;
  markEmailAsVerified?: boolean;
  /** Default true. */
  includeEmailInRedirect?: boolean;
  jobId?: string | null;
  details?: Record<string, unknown>;
  /** Seconds; absent or 0: five days (the wire's default). */
  ttlSec?: number | undefined;
};

export type IssuedTicket = { id: string; userId: string; secret: string; expiresAt: Date };

/** `superseded`: it was over before it was used, for the reason in `supersededBy`. */
export type TicketState = 'open' | 'used' | 'expired' | 'superseded';

export const DEFAULT_TICKET_TTL_SEC = 432_000;

type Row = {
  id: string;
  kind: TicketKind;
  user_id: string;
  email: string | null;
  client_id: string | null;
  organization_id: string | null;
  result_url: string | null;
  mark_email_as_verified: boolean;
  include_email_in_redirect: boolean;
  job_id: string | null;
  details: Record<string, unknown>;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
  superseded_at: Date | null;
  superseded_by: 'newer-link' | 'password' | null;
};

const COLUMNS = sql.raw(
  'id, kind, user_id, email, client_id, organization_id, result_url, mark_email_as_verified, include_email_in_redirect, job_id, details, created_at, expires_at, used_at, superseded_at, superseded_by',
);

function fromRow(row: Row): Ticket {
  return {
    id: row.id,
    kind: row.kind,
    userId: row.user_id,
    email: row.email,
    clientId: row.client_id,
    organizationId: row.organization_id,
    resultUrl: row.result_url,
    markEmailAsVerified: row.mark_email_as_verified,
    includeEmailInRedirect: row.include_email_in_redirect,
    jobId: row.job_id,
    details: row.details,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    supersededAt: row.superseded_at,
    supersededBy: row.superseded_by,
  };
}

/** What can be done with a ticket now. */
export function ticketState(ticket: Ticket, now: Date): TicketState {
  if (ticket.usedAt !== null) return 'used';
  if (ticket.supersededAt !== null) return 'superseded';
  return ticket.expiresAt <= now ? 'expired' : 'open';
}

/** The link's secret: 32 letters and digits, the same every time for one ticket. */
export function ticketSecret(ticketKey: Buffer, ticketId: string): string {
  return linkSecret(ticketKey, ticketId, 0);
}

/** Issues one ticket; the person's older open one of the same kind stops working. */
export async function issueTicket(
  db: Db,
  input: NewTicket & { ticketKey: Buffer; now: Date },
): Promise<IssuedTicket> {
  const { ticketKey, now, ...ticket } = input;
  const [issued] = await issueTickets(db, { ticketKey, now, tickets: [ticket] });
  if (issued === undefined) throw new Error('A ticket was not issued.');
  return issued;
}

/**
 * Issues many tickets of one kind, at most a few thousand per call. A person named twice gets the last one. With a `jobId`
 * a person who already has a ticket of that job is left out, so that a job may be repeated after a crash.
 * @returns the tickets issued, in no particular order
 */
export async function issueTickets(
  db: Db,
  input: { tickets: NewTicket[]; ticketKey: Buffer; now: Date },
): Promise<IssuedTicket[]> {
  const { ticketKey, now } = input;
  let waiting = new Map<string, PreparedTicket>();
  for (const ticket of input.tickets) {
    waiting.set(`${ticket.kind} ${ticket.userId}`, prepare(ticket, ticketKey, now));
  }
  const issued: IssuedTicket[] = [];
  // Another node may issue for the same person between the two statements: its ticket is superseded in the next round.
  for (let round = 0; waiting.size > 0; round++) {
    if (round === 50) throw new Error('Tickets for one person are issued too fast.');
    const rows = JSON.stringify([...waiting.values()].map((one) => one.row));
    await sql`
      update tickets set superseded_at = ${now}, superseded_by = 'newer-link'
      from jsonb_to_recordset(${rows}::jsonb) as r(kind text, user_id text, job_id text)
      where tickets.user_id = r.user_id and tickets.kind = r.kind
        and tickets.used_at is null and tickets.superseded_at is null
        and (r.job_id is null or tickets.job_id is distinct from r.job_id)`.execute(db);
    const inserted = await sql<{ id: string; kind: string; user_id: string; fresh: boolean }>`
      with r as materialized (
        select * from jsonb_to_recordset(${rows}::jsonb) as r(
          id text, kind text, secret_hash text, user_id text, email text, client_id text, organization_id text,
          result_url text, mark_email_as_verified boolean, include_email_in_redirect boolean, job_id text, details jsonb,
          created_at timestamptz, expires_at timestamptz)
      ), known as (
        select r.id, r.kind, r.user_id from r join tickets t on t.user_id = r.user_id and t.job_id = r.job_id and t.kind = r.kind
      ), fresh as (
        insert into tickets (id, kind, secret_hash, user_id, email, client_id, organization_id, result_url,
          mark_email_as_verified, include_email_in_redirect, job_id, details, created_at, expires_at)
        select id, kind, decode(secret_hash, 'hex'), user_id, email, client_id, organization_id, result_url,
          mark_email_as_verified, include_email_in_redirect, job_id, details, created_at, expires_at
        from r where not exists (select 1 from known k where k.id = r.id) order by user_id
        on conflict (user_id, kind) where used_at is null and superseded_at is null do nothing
        returning id, kind, user_id
      )
      select id, kind, user_id, true as fresh from fresh
      union all select id, kind, user_id, false as fresh from known`.execute(db);
    const left = new Map(waiting);
    for (const row of inserted.rows) {
      const key = `${row.kind} ${row.user_id}`;
      const one = waiting.get(key);
      if (row.fresh && one) issued.push(one.issued);
      left.delete(key);
    }
    waiting = left;
  }
  return issued;
}

type PreparedTicket = { issued: IssuedTicket; row: Record<string, unknown> };

function prepare(ticket: NewTicket, ticketKey: Buffer, now: Date): PreparedTicket {
  const id = newId('tkt');
  const secret = ticketSecret(ticketKey, id);
  const ttlSec =
    ticket.ttlSec === undefined || ticket.ttlSec === 0 ? DEFAULT_TICKET_TTL_SEC : ticket.ttlSec;
  const expiresAt = expiry(now, ttlSec);
  return {
    issued: { id, userId: ticket.userId, secret, expiresAt },
    row: {
      id,
      kind: ticket.kind,
      secret_hash: sha256(secret).toString('hex'),
      user_id: ticket.userId,
      email: ticket.email ?? null,
      client_id: ticket.clientId ?? null,
      organization_id: ticket.organizationId ?? null,
      result_url: ticket.resultUrl ?? null,
      mark_email_as_verified: ticket.markEmailAsVerified ?? false,
      include_email_in_redirect: ticket.includeEmailInRedirect ?? true,
      job_id: ticket.jobId ?? null,
      details: ticket.details ?? {},
      created_at: now,
      expires_at: expiresAt,
    },
  };
}

/** The wire sets no maximum for a lifetime; a date does. */
function expiry(now: Date, ttlSec: number): Date {
  return new Date(Math.min(now.getTime() + ttlSec * 1000, Date.UTC(9999, 0, 1)));
}

/** Finds a ticket in any state by the SHA-256 of its secret. Changes nothing. */
export async function findTicketBySecret(db: Db, secretHash: Buffer): Promise<Ticket | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from tickets where secret_hash = decode(${secretHash.toString('hex')}, 'hex')`.execute(
    db,
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** A person's ticket of a kind that can still be used; null: there is none. */
export async function openTicketOf(
  db: Db,
  input: { userId: string; kind: TicketKind; now: Date },
): Promise<Ticket | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from tickets where user_id = ${input.userId} and kind = ${input.kind}
      and used_at is null and superseded_at is null and expires_at > ${input.now}::timestamptz`.execute(
    db,
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

export async function findTickets(db: Db, ids: string[]): Promise<Ticket[]> {
  const { rows } =
    await sql<Row>`select ${COLUMNS} from tickets where id = any(${ids}::text[])`.execute(db);
  return rows.map(fromRow);
}

/** Consumes an open ticket: one caller gets it, everyone else null. */
export async function useTicket(
  db: Db,
  input: { secretHash: Buffer; kind: TicketKind; now: Date },
): Promise<Ticket | null> {
  const { rows } = await sql<Row>`
    update tickets set used_at = ${input.now}
    where secret_hash = decode(${input.secretHash.toString('hex')}, 'hex') and kind = ${input.kind}
      and used_at is null and superseded_at is null and expires_at > ${input.now}
    returning ${COLUMNS}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Notes something on an open ticket; false when it is over. */
export async function noteOnTicket(
  db: Db,
  input: { id: string; details: Record<string, unknown>; now: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update tickets set details = details || ${JSON.stringify(input.details)}::jsonb
    where id = ${input.id} and used_at is null and superseded_at is null and expires_at > ${input.now}
    returning id`.execute(db);
  return rows.length > 0;
}

/** Ends the open tickets of one kind of these people, and says why. */
export async function supersedeTickets(
  db: Db,
  input: { userIds: string[]; kind: TicketKind; by: 'newer-link' | 'password'; at: Date },
): Promise<void> {
  const { userIds, kind, by, at } = input;
  if (userIds.length === 0) return;
  await sql`
    update tickets set superseded_at = ${at}, superseded_by = ${by}
    where user_id = any(${userIds}::text[]) and kind = ${kind}
      and used_at is null and superseded_at is null`.execute(db);
}

/** Ends all open tickets of an account whose password goes. */
export async function supersedeAllTickets(
  db: Db,
  input: { userId: string; now: Date },
): Promise<void> {
  await sql`update tickets set superseded_at = ${input.now}, superseded_by = 'password'
    where user_id = ${input.userId} and used_at is null and superseded_at is null`.execute(db);
}

/** A job's tickets in the order of their ids, a batch at a time. */
/** What the person's newest link that was used since then was for; null: none was. */
export async function lastTicketUsed(
  db: Db,
  { userId, since }: { userId: string; since: Date },
): Promise<TicketKind | null> {
  const { rows } = await sql<{ kind: TicketKind }>`
    select kind from tickets where user_id = ${userId} and used_at >= ${since}
    order by used_at desc limit 1`.execute(db);
  return rows[0]?.kind ?? null;
}

export async function ticketsOfJob(
  db: Db,
  input: { jobId: string; afterId: string; limit: number },
): Promise<Ticket[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from tickets where job_id = ${input.jobId} and id > ${input.afterId}
    order by id limit ${input.limit}`.execute(db);
  return rows.map(fromRow);
}

export async function countTicketsOfJob(db: Db, jobId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from tickets where job_id = ${jobId}`.execute(db);
  return rows[0]?.n ?? 0;
}

const PAGES: Record<TicketKind, string> = {
  'password-change': 'reset-verify',
  'email-verification': 'email-verification',
  'factor-enrollment': 'mfa-enrollment',
  'account-unblock': 'unblock',
};

/**
 * Where a ticket is redeemed. It ends with a bare `#`, as clients expect: they append to it.
 * @param publicUrl without a trailing slash
 */
export function ticketUrl(publicUrl: string, kind: TicketKind, secret: string): string {
  return `${publicUrl}/u/${PAGES[kind]}?ticket=${secret}#`;
}

/** See `remove-tickets.ts`. */
export const deleteOldTickets = removeOld;
