import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import { notedVersion, noteVersion } from '../../platform/request-context/request-context.ts';

/** Maximum time in seconds from setting a password to reaching the application. */
export const LOGIN_HANDOFF_SECONDS = 300;

/** Maximum time in seconds for a handoff that travels in an address, where others may see it. */
export const LOGIN_TICKET_SECONDS = 60;

/** A handoff for a page of the application, which cannot get our cookie. */
export type LoginTicket = {
  /** The methods of all factors that the person has shown (RFC 8176). */
  amr: string[];
  /** The authorization request that may use it, or `null` for any of the application. */
  request: RequestMark | null;
};

/** What an application puts into its own authorization request. */
export type RequestMark = { codeChallenge: string } | { state: string };

/** A login that a handoff opens. */
export type HandedOver = {
  userId: string;
  /** The methods that the person has shown (RFC 8176). Empty for handoffs of an earlier version. */
  amr: string[];
};

type Use = {
  secret: string;
  clientId: string;
  /** The authorization request that uses it. */
  request?: { codeChallenge?: string | undefined; state?: string | undefined };
  now: Date;
};

/**
 * Records that a person has just proved their identity, so that the next application does not ask again.
 * @param input.clientId the application it is valid for, or `null` for any
 * @param input.amr the methods that the person has shown (RFC 8176)
 * @param input.ticket makes it a ticket, which lives for a minute
 * @returns a secret for the browser; only its hash is stored
 */
export async function newLoginHandoff(
  db: Db,
  input: {
    userId: string;
    clientId: string | null;
    amr: string[];
    ticket?: LoginTicket | null;
    now: Date;
  },
): Promise<string> {
  const { ticket = null } = input;
  const secret = randomAlnum(32);
  const seconds = ticket === null ? LOGIN_HANDOFF_SECONDS : LOGIN_TICKET_SECONDS;
  const expiresAt = momentAfter(input.now, seconds);
  const amr = JSON.stringify(ticket?.amr ?? input.amr);
  const requestHash = ticket?.request ? hashOf(ticket.request) : null;
  await sql`insert into arrivals (secret_hash, user_id, client_id, created_at, expires_at, amr, request_hash, epoch)
    values (${sha256(secret)}, ${input.userId}, ${input.clientId}, ${input.now}, ${expiresAt}, ${amr}::jsonb, ${requestHash},
      coalesce(${notedVersion(input.userId)}::integer, login_epoch(${input.userId})))`.execute(db);
  return secret;
}

/** Returns the user whom this secret would log in at this application, or `null`. Changes nothing. */
export async function findLoginHandoff(db: Db, input: Use): Promise<string | null> {
  const { rows } = await sql<{ user_id: string }>`select user_id from arrivals
    where ${isOpen(input)}`.execute(db);
  return rows[0]?.user_id ?? null;
}

/**
 * Uses up a handoff and returns its login. Works once, in time, for the right application and request, and only if the person's sessions
 * were not ended since. Otherwise it returns `null`.
 */
export async function useLoginHandoff(db: Db, input: Use): Promise<HandedOver | null> {
  const { rows } = await sql<{
    user_id: string;
    amr: string[] | null;
    epoch: number;
  }>`update arrivals set used_at = ${input.now}
    where ${isOpen(input)}
    returning user_id, amr, epoch`.execute(db);
  const [used] = rows;
  if (used === undefined) return null;
  noteVersion(used.user_id, used.epoch);
  return { userId: used.user_id, amr: used.amr ?? [] };
}

function isOpen({ secret, clientId, request = {}, now }: Use) {
  const { codeChallenge, state } = request;
  const marks = [
    ...(codeChallenge === undefined ? [] : [hashOf({ codeChallenge })]),
    ...(state === undefined ? [] : [hashOf({ state })]),
  ].map((hash) => hash.toString('hex'));
  return sql`secret_hash = ${sha256(secret)} and used_at is null and expires_at > ${now}
    and epoch = login_epoch(user_id) and (client_id is null or client_id = ${clientId})
    and (request_hash is null or encode(request_hash, 'hex') = any(${marks}::text[]))`;
}

function hashOf(mark: RequestMark): Buffer {
  return sha256(JSON.stringify(mark));
}

/** Deletes up to `limit` login handoffs that have ended. Returns how many it deleted. */
export const deleteEndedLoginHandoffs = deletionOf('arrivals', {
  key: ['secret_hash'],
  ended: 'expires_at',
});
