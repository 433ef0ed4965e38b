import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import { notedVersion, noteVersion } from '../../platform/request-context/request-context.ts';

/** Maximum time in seconds from setting a password to reaching the application. */
export const LOGIN_HANDOFF_SECONDS = 300;

/**
 * Records that a person has just proved their identity, so that the next application does not ask again.
 * @param input.clientId the application it is valid for, or `null` for any
 * @returns a secret for the browser; only its hash is stored
 */
export async function newLoginHandoff(
  db: Db,
  input: { userId: string; clientId: string | null; now: Date },
): Promise<string> {
  const secret = randomAlnum(32);
  const expiresAt = momentAfter(input.now, LOGIN_HANDOFF_SECONDS);
  await sql`insert into arrivals (secret_hash, user_id, client_id, created_at, expires_at, epoch)
    values (${sha256(secret)}, ${input.userId}, ${input.clientId}, ${input.now}, ${expiresAt},
      coalesce(${notedVersion(input.userId)}::integer, login_epoch(${input.userId})))`.execute(db);
  return secret;
}

/** Returns the user whom this secret would log in at this application, or `null`. Changes nothing. */
export async function findLoginHandoff(
  db: Db,
  input: { secret: string; clientId: string; now: Date },
): Promise<string | null> {
  const { rows } = await sql<{ user_id: string }>`select user_id from arrivals
    where ${isOpen(input)}`.execute(db);
  return rows[0]?.user_id ?? null;
}

/**
 * Uses up a handoff and returns its user. Works once, in time, for the right application, and only if the person's sessions were not ended
 * since. Otherwise it returns `null`.
 */
export async function useLoginHandoff(
  db: Db,
  input: { secret: string; clientId: string; now: Date },
): Promise<string | null> {
  const { rows } = await sql<{
    user_id: string;
    epoch: number;
  }>`update arrivals set used_at = ${input.now}
    where ${isOpen(input)}
    returning user_id, epoch`.execute(db);
  const [used] = rows;
  if (used === undefined) return null;
  noteVersion(used.user_id, used.epoch);
  return used.user_id;
}

function isOpen(input: { secret: string; clientId: string; now: Date }) {
  return sql`secret_hash = ${sha256(input.secret)} and used_at is null and expires_at > ${input.now}
    and epoch = login_epoch(user_id) and (client_id is null or client_id = ${input.clientId})`;
}

/** Deletes up to `limit` login handoffs that have ended. Returns how many it deleted. */
export const deleteEndedLoginHandoffs = deletionOf('arrivals', {
  key: ['secret_hash'],
  ended: 'expires_at',
});
