import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import { type IssuedTicket, issueTickets, type NewTicket } from './issue-tickets.ts';
import {
  TICKET_COLUMNS,
  type Ticket,
  type TicketKind,
  type TicketRow,
  ticketFromRow,
} from './ticket-row.ts';

export {
  DEFAULT_TICKET_TTL_SECONDS,
  type IssuedTicket,
  issueTickets,
  type NewTicket,
  ticketSecret,
} from './issue-tickets.ts';
export { deleteOldTickets } from './remove-tickets.ts';
export type { Ticket, TicketKind } from './ticket-row.ts';

/** `superseded`: it ended before it was used, for the reason in `supersededBy`. */
export type TicketState = 'open' | 'used' | 'expired' | 'superseded';

/** Returns the current state of a ticket. */
export function ticketState(ticket: Ticket, now: Date): TicketState {
  if (ticket.usedAt !== null) return 'used';
  if (ticket.supersededAt !== null) return 'superseded';
  return ticket.expiresAt <= now ? 'expired' : 'open';
}

/** Issues one ticket. The person's older open ticket of the same kind becomes invalid. */
export async function issueTicket(
  db: Db,
  input: NewTicket & { ticketKey: Buffer; now: Date },
): Promise<IssuedTicket> {
  const { ticketKey, now, ...ticket } = input;
  const [issued] = await issueTickets(db, { ticketKey, now, tickets: [ticket] });
  if (issued === undefined) throw new Error('A ticket was not issued.');
  return issued;
}

/** Finds a ticket in any state by the SHA-256 of its secret. Changes nothing. */
export async function findTicketBySecret(db: Db, secretHash: Buffer): Promise<Ticket | null> {
  const { rows } = await sql<TicketRow>`
    select ${TICKET_COLUMNS} from tickets where secret_hash = decode(${secretHash.toString('hex')}, 'hex')`.execute(
    db,
  );
  return rows[0] ? ticketFromRow(rows[0]) : null;
}

/** Returns a person's open ticket of a kind, or `null` if there is none. */
export async function openTicketOf(
  db: Db,
  input: { userId: string; kind: TicketKind; now: Date },
): Promise<Ticket | null> {
  const { rows } = await sql<TicketRow>`
    select ${TICKET_COLUMNS} from tickets where user_id = ${input.userId} and kind = ${input.kind}
      and used_at is null and superseded_at is null and expires_at > ${input.now}::timestamptz`.execute(
    db,
  );
  return rows[0] ? ticketFromRow(rows[0]) : null;
}

export async function findTickets(db: Db, ids: string[]): Promise<Ticket[]> {
  const { rows } =
    await sql<TicketRow>`select ${TICKET_COLUMNS} from tickets where id = any(${ids}::text[])`.execute(
      db,
    );
  return rows.map(ticketFromRow);
}

/** Uses up an open ticket. One caller gets it, the others get `null`. */
export async function useTicket(
  db: Db,
  input: { secretHash: Buffer; kind: TicketKind; now: Date },
): Promise<Ticket | null> {
  const { rows } = await sql<TicketRow>`
    update tickets set used_at = ${input.now}
    where secret_hash = decode(${input.secretHash.toString('hex')}, 'hex') and kind = ${input.kind}
      and used_at is null and superseded_at is null and expires_at > ${input.now}
    returning ${TICKET_COLUMNS}`.execute(db);
  return rows[0] ? ticketFromRow(rows[0]) : null;
}

/** Adds details to an open ticket. Returns false if it has ended. */
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

/** Ends the open tickets of one kind of these people, with the reason. */
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

/** Ends all open tickets of an account whose password is removed. */
export async function supersedeAllTickets(
  db: Db,
  input: { userId: string; now: Date },
): Promise<void> {
  await sql`update tickets set superseded_at = ${input.now}, superseded_by = 'password'
    where user_id = ${input.userId} and used_at is null and superseded_at is null`.execute(db);
}

/** Returns the details of the person's latest link used since then, or `null` if none was. */
export async function lastTicketUsed(
  db: Db,
  { userId, since }: { userId: string; since: Date },
): Promise<TicketKind | null> {
  const { rows } = await sql<{ kind: TicketKind }>`
    select kind from tickets where user_id = ${userId} and used_at >= ${since}
    order by used_at desc limit 1`.execute(db);
  return rows[0]?.kind ?? null;
}

/** Returns a job's tickets in the order of their ids, one batch at a time. */
export async function ticketsOfJob(
  db: Db,
  input: { jobId: string; afterId: string; limit: number },
): Promise<Ticket[]> {
  const { rows } = await sql<TicketRow>`
    select ${TICKET_COLUMNS} from tickets where job_id = ${input.jobId} and id > ${input.afterId}
    order by id limit ${input.limit}`.execute(db);
  return rows.map(ticketFromRow);
}

const PAGES: Record<TicketKind, string> = {
  'password-change': PAGE_PATHS.resetVerify,
  'email-verification': PAGE_PATHS.emailVerification,
  'factor-enrollment': PAGE_PATHS.mfaEnrollment,
  'account-unblock': PAGE_PATHS.unblock,
};

/**
 * Returns the URL at which a ticket is redeemed. It ends with a bare `#`, because clients append to it.
 * @param publicUrl without a trailing slash
 */
export function ticketUrl(publicUrl: string, kind: TicketKind, secret: string): string {
  return `${publicUrl}${PAGES[kind]}?ticket=${secret}#`;
}
