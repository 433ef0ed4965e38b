import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId, randomAlnum } from '../../platform/ids/ids.ts';

/** How long the person has to type the code. */
export const SIGN_UP_SECONDS = 3600;

/** A sign-up on a page of an application, whose address waits for its proof. */
export type WaitingSignUp = {
  id: string;
  clientId: string;
  /** Who asks: encrypted. */
  sealed: Buffer;
};

/** Stores a sign-up. Returns its id and the secret of the browser, of which only the hash is stored. */
export async function insertSignUp(
  db: Db,
  input: { clientId: string; sealed: Buffer; now: Date },
): Promise<{ id: string; secret: string }> {
  const { clientId, sealed, now } = input;
  const id = newId('sup');
  const secret = randomAlnum(43);
  await sql`insert into sign_ups (id, secret_hash, client_id, sealed, created_at, expires_at)
    values (${id}, ${sha256(secret)}, ${clientId}, ${sealed}, ${now}, ${momentAfter(now, SIGN_UP_SECONDS)})`.execute(
    db,
  );
  return { id, secret };
}

/** Returns a sign-up that waits, by its id or by the secret of its browser, or `null`. */
export async function findSignUp(
  db: Db,
  input: { by: { id: string } | { secret: string }; now: Date },
): Promise<WaitingSignUp | null> {
  const { by, now } = input;
  const key = 'id' in by ? sql`id = ${by.id}` : sql`secret_hash = ${sha256(by.secret)}`;
  const { rows } = await sql<{ id: string; client_id: string; sealed: Uint8Array }>`
    select id, client_id, sealed from sign_ups where ${key} and expires_at > ${now}`.execute(db);
  const [row] = rows;
  return row ? { id: row.id, clientId: row.client_id, sealed: Buffer.from(row.sealed) } : null;
}

/** Uses a sign-up up. Of many requests at once exactly one gets true. */
export async function useSignUp(tx: Db, input: { id: string; now: Date }): Promise<boolean> {
  const { rows } = await sql`
    delete from sign_ups where id = ${input.id} and expires_at > ${input.now} returning id`.execute(
    tx,
  );
  return rows.length > 0;
}

/** Deletes up to `limit` sign-ups that have ended. Returns how many it deleted. */
export const deleteEndedSignUps = deletionOf('sign_ups', { key: ['id'], ended: 'expires_at' });
