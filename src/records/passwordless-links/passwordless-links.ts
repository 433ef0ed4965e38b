import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';

/** A login link, sent to an email address. */
export type PasswordlessLink = {
  id: string;
  connectionId: string;
  recipient: string;
  clientId: string;
  /** Parameters of the final /authorize request. */
  params: Record<string, string>;
  expiresAt: Date;
  usedAt: Date | null;
};

type Row = {
  id: string;
  connection_id: string;
  recipient: string;
  client_id: string;
  params: Record<string, string>;
  expires_at: Date;
  used_at: Date | null;
};

const COLUMNS = sql.raw('id, connection_id, recipient, client_id, params, expires_at, used_at');

/** Returns the link's secret: 32 letters and digits, always the same for one link. */
export function passwordlessLinkSecret(key: Buffer, id: string): string {
  return linkSecret(key, id, 0);
}

/**
 * Creates a link and replaces the previous one that this application requested from the same network address. Links requested from other
 * addresses stay, because strangers may request links too.
 * @param input.askedFrom the key of that address
 * @param input.key key that derives the secret
 */
export async function newPasswordlessLink(
  db: Db,
  input: {
    connectionId: string;
    recipient: string;
    clientId: string;
    askedFrom: string;
    params: Record<string, string>;
    ttlSeconds: number;
    key: Buffer;
    now: Date;
  },
): Promise<{ id: string }> {
  const id = newId('pll');
  const secretHash = sha256(passwordlessLinkSecret(input.key, id));
  const expiresAt = momentAfter(input.now, input.ttlSeconds);
  await sql`insert into passwordless_links
      (id, secret_hash, connection_id, recipient, client_id, asked_from, params, created_at, expires_at)
    values (${id}, ${secretHash}, ${input.connectionId}, ${input.recipient}, ${input.clientId}, ${input.askedFrom},
      ${JSON.stringify(input.params)}::jsonb, ${input.now}, ${expiresAt})
    on conflict (connection_id, recipient, client_id, asked_from) do update set id = excluded.id,
      secret_hash = excluded.secret_hash, params = excluded.params, created_at = excluded.created_at,
      expires_at = excluded.expires_at, used_at = null`.execute(db);
  return { id };
}

/** Returns an open link, or `null` if it has ended or is unknown. */
export async function findPasswordlessLink(
  db: Db,
  { id, now }: { id: string; now: Date },
): Promise<PasswordlessLink | null> {
  const { rows } = await sql<Row>`select ${COLUMNS} from passwordless_links
    where id = ${id} and used_at is null and expires_at > ${now}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Finds a link in any state by its secret. Changes nothing. */
export async function findPasswordlessLinkBySecret(
  db: Db,
  secret: string,
): Promise<PasswordlessLink | null> {
  const { rows } = await sql<Row>`select ${COLUMNS} from passwordless_links
    where secret_hash = ${sha256(secret)}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Uses up a link. One caller gets it, the others get `null`. */
export async function usePasswordlessLink(
  db: Db,
  { id, now }: { id: string; now: Date },
): Promise<PasswordlessLink | null> {
  const { rows } = await sql<Row>`update passwordless_links set used_at = ${now}
    where id = ${id} and used_at is null and expires_at > ${now}
    returning ${COLUMNS}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Deletes up to `limit` links that have ended. Returns how many it deleted. */
export const deleteExpiredPasswordlessLinks = deletionOf('passwordless_links', {
  key: ['id'],
  ended: 'expires_at',
});

function fromRow(row: Row): PasswordlessLink {
  return {
    id: row.id,
    connectionId: row.connection_id,
    recipient: row.recipient,
    clientId: row.client_id,
    params: row.params,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  };
}
