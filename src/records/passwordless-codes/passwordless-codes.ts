import { sql } from 'kysely';
import { hmacSha256, sameBytes } from '../../platform/crypto/crypto.ts';
import { type Db, deleteOver } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';

/** A code to log in with, sent to an address or a phone number. */
export type PasswordlessCode = {
  id: string;
  connectionId: string;
  recipient: string;
  clientId: string;
  expiresAt: Date;
};

/** Of a million codes somebody may try this many. */
const MOST_ATTEMPTS = 3;

type Row = {
  id: string;
  connection_id: string;
  recipient: string;
  client_id: string;
  expires_at: Date;
};

/**
 * Makes a code in place of the one this application asked for before at the same address. Those that were asked for elsewhere stay: strangers
 * ask too.
 * @param input.askedFrom the key of that address
 */
export async function newPasswordlessCode(
  db: Db,
  input: {
    connectionId: string;
    recipient: string;
    clientId: string;
    askedFrom: string;
    ttlSeconds: number;
    now: Date;
  },
): Promise<PasswordlessCode> {
  const expiresAt = new Date(input.now.getTime() + input.ttlSeconds * 1000);
  const { rows } = await sql<Row>`insert into passwordless_codes
      (id, connection_id, recipient, client_id, asked_from, created_at, expires_at)
    values (${newId('plc')}, ${input.connectionId}, ${input.recipient}, ${input.clientId}, ${input.askedFrom},
      ${input.now}, ${expiresAt})
    on conflict (connection_id, recipient, client_id, asked_from) do update set id = excluded.id, attempts = 0,
      created_at = excluded.created_at, expires_at = excluded.expires_at
    returning *`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('The code was not stored.');
  return fromRow(row);
}

/** The digits of a code: derived, so that they can be mailed again without being kept. */
export function passwordlessDigits(key: Buffer, id: string, length: number): string {
  const mac = hmacSha256(key, `passwordless ${id}`);
  const number = BigInt(`0x${mac.toString('hex')}`) % 10n ** BigInt(length);
  return number.toString().padStart(length, '0');
}

/** One that is still open; null when it is over or unknown. */
export async function findPasswordlessCode(
  db: Db,
  { id, now }: { id: string; now: Date },
): Promise<PasswordlessCode | null> {
  const { rows } = await sql<Row>`select * from passwordless_codes
    where id = ${id} and expires_at > ${now}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/**
 * Uses a code up, if these are its digits. Every try at the address where it was asked for counts before it is compared, and the third wrong
 * one ends the code. Tries elsewhere may be a stranger's and end nothing: the caller counts those. Of any number of right ones at once, one
 * is told true.
 * @param input.key what the digits were derived with
 */
export async function usePasswordlessCode(
  db: Db,
  input: {
    connectionId: string;
    recipient: string;
    clientId: string;
    digits: string;
    /** The key of the address at which they were typed. */
    askedFrom: string;
    key: Buffer;
    now: Date;
  },
): Promise<boolean> {
  const { rows } = await sql<Row>`update passwordless_codes
    set attempts = attempts + case when asked_from = ${input.askedFrom} then 1 else 0 end
    where connection_id = ${input.connectionId} and recipient = ${input.recipient}
      and client_id = ${input.clientId} and expires_at > ${input.now} and attempts < ${MOST_ATTEMPTS}
    returning *`.execute(db);
  const digits = Buffer.from(input.digits);
  const fits = rows.filter(({ id }) =>
    sameBytes(Buffer.from(passwordlessDigits(input.key, id, input.digits.length)), digits),
  );
  if (fits.length === 0) return false;
  const ids = fits.map(({ id }) => id);
  const used =
    await sql`delete from passwordless_codes where id = any(${ids}::text[]) returning id`.execute(
      db,
    );
  return used.rows.length > 0;
}

/** Forgets what is over, at most `limit` at once. Returns how many went. */
export function deleteExpiredPasswordlessCodes(
  db: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  return deleteOver(db, 'passwordless_codes', {
    key: ['id'],
    ended: 'expires_at',
    before: now,
    limit,
  });
}

function fromRow(row: Row): PasswordlessCode {
  return {
    id: row.id,
    connectionId: row.connection_id,
    recipient: row.recipient,
    clientId: row.client_id,
    expiresAt: row.expires_at,
  };
}
