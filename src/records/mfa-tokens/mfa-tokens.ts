import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import { notedVersion, noteVersion } from '../../platform/request-context/request-context.ts';

/** A user who has passed the first factor at the token endpoint, and the request. */
export type MfaToken = {
  userId: string;
  clientId: string;
  connectionId: string;
  audience: string | null;
  scope: string | null;
  /** Other data that the token endpoint needs for the second request. */
  context: Record<string, unknown>;
};

export const MFA_TOKEN_SECONDS = 600;

type Row = {
  user_id: string;
  client_id: string;
  connection_id: string;
  audience: string | null;
  scope: string | null;
  context: Record<string, unknown>;
  epoch: number;
};

const COLUMNS = sql`user_id, client_id, connection_id, audience, scope, context, epoch`;

/**
 * Creates a token.
 * @returns the token; only its hash is stored
 */
export async function newMfaToken(db: Db, input: MfaToken & { now: Date }): Promise<string> {
  const token = `mfa_${randomAlnum(64)}`;
  const expiresAt = momentAfter(input.now, MFA_TOKEN_SECONDS);
  await sql`
    insert into mfa_tokens (secret_hash, user_id, client_id, connection_id, audience, scope, context, created_at, expires_at, epoch)
    values (${sha256(token)}, ${input.userId}, ${input.clientId}, ${input.connectionId}, ${input.audience}, ${input.scope},
      ${JSON.stringify(input.context)}, ${input.now}, ${expiresAt},
      coalesce(${notedVersion(input.userId)}::integer, login_epoch(${input.userId})))`.execute(db);
  return token;
}

/** Returns the data of an open token, or `null` if it is unknown, used or expired, or if the person's sessions were ended since. */
export async function findMfaToken(
  db: Db,
  input: { token: string; now: Date },
): Promise<MfaToken | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from mfa_tokens
    where ${isOpen(input)}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Uses up a token. Returns `null` if it is used or expired. */
export async function useMfaToken(
  db: Db,
  input: { token: string; now: Date },
): Promise<MfaToken | null> {
  const { rows } = await sql<Row>`
    update mfa_tokens set used_at = ${input.now}
    where ${isOpen(input)}
    returning ${COLUMNS}`.execute(db);
  return rows[0] ? fromRow(rows[0]) : null;
}

function isOpen(input: { token: string; now: Date }) {
  return sql`secret_hash = ${sha256(input.token)} and used_at is null and expires_at > ${input.now}
    and epoch = login_epoch(user_id)`;
}

/** Deletes up to `limit` ended tokens. Returns how many it deleted. */
export const deleteEndedMfaTokens = deletionOf('mfa_tokens', {
  key: ['secret_hash'],
  ended: 'expires_at',
});

function fromRow(row: Row): MfaToken {
  noteVersion(row.user_id, row.epoch);
  return {
    userId: row.user_id,
    clientId: row.client_id,
    connectionId: row.connection_id,
    audience: row.audience,
    scope: row.scope,
    context: row.context,
  };
}
