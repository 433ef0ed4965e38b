import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import type { TicketKind } from './ticket-row.ts';

export type NewTicket = {
  kind: TicketKind;
  userId: string;
  email?: string | null;
  clientId?: string | null;
  organizationId?: string | null;
  resultUrl?: string | null;
  markEmailAsVerified?: boolean;
  /** Default: true. */
  includeEmailInRedirect?: boolean;
  /** Default: true. */
  renewable?: boolean;
  jobId?: string | null;
  details?: Record<string, unknown>;
  /** Lifetime in seconds. Absent or 0: five days, Auth0's default. */
  ttlSeconds?: number | undefined;
};

export type IssuedTicket = { id: string; userId: string; secret: string; expiresAt: Date };

export const DEFAULT_TICKET_TTL_SECONDS = 432_000;

/** Returns the link's secret: 32 letters and digits, always the same for one ticket. */
export function ticketSecret(ticketKey: Buffer, ticketId: string): string {
  return linkSecret(ticketKey, ticketId, 0);
}

/**
 * Issues many tickets of one kind, up to a few thousand per call. A person named twice gets the last one. With a `jobId` a person who
 * already has a ticket of that job is skipped, so that a job can be repeated after a crash.
 * @returns the issued tickets, in no particular order
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
  // Another node may issue a ticket for the same person between the two statements. The next round supersedes it.
  for (let round = 0; waiting.size > 0; round++) {
    if (round === 50) throw new Error('Tickets for one person are issued too fast.');
    const rows = JSON.stringify([...waiting.values()].map((preparedTicket) => preparedTicket.row));
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
          result_url text, mark_email_as_verified boolean, include_email_in_redirect boolean, renewable boolean, job_id text, details jsonb,
          created_at timestamptz, expires_at timestamptz)
      ), known as (
        select r.id, r.kind, r.user_id from r join tickets t on t.user_id = r.user_id and t.job_id = r.job_id and t.kind = r.kind
      ), fresh as (
        insert into tickets (id, kind, secret_hash, user_id, email, client_id, organization_id, result_url,
          mark_email_as_verified, include_email_in_redirect, renewable, job_id, details, created_at, expires_at)
        select id, kind, decode(secret_hash, 'hex'), user_id, email, client_id, organization_id, result_url,
          mark_email_as_verified, include_email_in_redirect, renewable, job_id, details, created_at, expires_at
        from r where not exists (select 1 from known k where k.id = r.id) order by user_id
        on conflict (user_id, kind) where used_at is null and superseded_at is null do nothing
        returning id, kind, user_id
      )
      select id, kind, user_id, true as fresh from fresh
      union all select id, kind, user_id, false as fresh from known`.execute(db);
    const left = new Map(waiting);
    for (const row of inserted.rows) {
      const key = `${row.kind} ${row.user_id}`;
      const each = waiting.get(key);
      if (row.fresh && each) issued.push(each.issued);
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
  const ttlSeconds =
    ticket.ttlSeconds === undefined || ticket.ttlSeconds === 0
      ? DEFAULT_TICKET_TTL_SECONDS
      : ticket.ttlSeconds;
  const expiresAt = momentAfter(now, ttlSeconds);
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
      renewable: ticket.renewable ?? true,
      job_id: ticket.jobId ?? null,
      details: ticket.details ?? {},
      created_at: now,
      expires_at: expiresAt,
    },
  };
}
