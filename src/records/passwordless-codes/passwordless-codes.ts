import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { hmacSha256, sameBytes } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';

/** A login code, sent to an email address or a phone number. */
export type PasswordlessCode = {
  id: string;
  connectionId: string;
  recipient: string;
  clientId: string;
  expiresAt: Date;
};

/** Maximum number of attempts, of a million possible codes. */
const MOST_ATTEMPTS = 3;

type Row = {
  id: string;
  connection_id: string;
  recipient: string;
  client_id: string;
  expires_at: Date;
};

/**
 * Creates a code and replaces the previous one that this application requested from the same network address. Codes requested from other
 * addresses stay, because strangers may request codes too.
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
  const expiresAt = momentAfter(input.now, input.ttlSeconds);
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

/** Returns the digits of a code. They are derived, so they can be sent again although they are never stored. */
export function passwordlessDigits(key: Buffer, id: string, length: number): string {
  const mac = hmacSha256(key, `passwordless ${id}`);
  const number = BigInt(`0x${mac.toString('hex')}`) % 10n ** BigInt(length);
  return number.toString().padStart(length, '0');
}

/** Returns an open code, or `null` if it has ended or is unknown. */
export async function findPasswordlessCode(
  db: Db,
  { id, now }: { id: string; now: Date },
): Promise<PasswordlessCode | null> {
  const { rows } = await sql<Row>`select * from passwordless_codes
    where id = ${id} and expires_at > ${now}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/**
 * Uses up a code if the digits match. Every attempt from the address that requested the code is counted before the comparison, and the
 * third wrong one ends the code. Attempts from other addresses may be a stranger's and do not end it; the caller counts those. Of any
 * number of right ones at once, one gets true.
 * @param input.key key that derives the digits
 */
export async function usePasswordlessCode(
  db: Db,
  input: {
    connectionId: string;
    recipient: string;
    clientId: string;
    digits: string;
    /** The key of the address from which the digits were sent. */
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

/** Deletes up to `limit` codes that have ended. Returns how many it deleted. */
export const deleteExpiredPasswordlessCodes = deletionOf('passwordless_codes', {
  key: ['id'],
  ended: 'expires_at',
});

function fromRow(row: Row): PasswordlessCode {
  return {
    id: row.id,
    connectionId: row.connection_id,
    recipient: row.recipient,
    clientId: row.client_id,
    expiresAt: row.expires_at,
  };
}
