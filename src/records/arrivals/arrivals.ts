import { sql } from 'kysely';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deleteOver } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import { notedVersion, noteVersion } from '../../platform/request-context/request-context.ts';

/** How long someone who has just set a password may take to reach the application. */
export const ARRIVAL_SECONDS = 300;

/**
 * Remembers that someone has just proved who they are, so that the application they go on to needn't ask again.
 * @param input.clientId the application it is good for; null: any
 * @returns a secret for the browser; only its hash is kept
 */
export async function newArrival(
  db: Db,
  input: { userId: string; clientId: string | null; now: Date },
): Promise<string> {
  const secret = randomAlnum(32);
  const expiresAt = new Date(input.now.getTime() + ARRIVAL_SECONDS * 1000);
  await sql`insert into arrivals (secret_hash, user_id, client_id, created_at, expires_at, epoch)
    values (${sha256(secret)}, ${input.userId}, ${input.clientId}, ${input.now}, ${expiresAt},
      coalesce(${notedVersion(input.userId)}::integer, login_epoch(${input.userId})))`.execute(db);
  return secret;
}

/** Who would arrive with this secret at this application; null: nobody. Changes nothing. */
export async function findArrival(
  db: Db,
  input: { secret: string; clientId: string; now: Date },
): Promise<string | null> {
  const { rows } = await sql<{ user_id: string }>`select user_id from arrivals
    where secret_hash = ${sha256(input.secret)} and used_at is null and expires_at > ${input.now}
      and epoch = login_epoch(user_id)
      and (client_id is null or client_id = ${input.clientId})`.execute(db);
  return rows[0]?.user_id ?? null;
}

/** Who arrives with this secret at this application. Works once, in time, for the right application, and while nothing has ended the person's sessions since; else null. */
export async function useArrival(
  db: Db,
  input: { secret: string; clientId: string; now: Date },
): Promise<string | null> {
  const { rows } = await sql<{
    user_id: string;
    epoch: number;
  }>`update arrivals set used_at = ${input.now}
    where secret_hash = ${sha256(input.secret)} and used_at is null and expires_at > ${input.now}
      and epoch = login_epoch(user_id)
      and (client_id is null or client_id = ${input.clientId})
    returning user_id, epoch`.execute(db);
  const [used] = rows;
  if (used === undefined) return null;
  noteVersion(used.user_id, used.epoch);
  return used.user_id;
}

/** Forgets arrivals that are over, at most `limit` at once. Returns how many went. */
export function deleteEndedArrivals(
  db: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  return deleteOver(db, 'arrivals', {
    key: ['secret_hash'],
    ended: 'expires_at',
    before: now,
    limit,
  });
}
