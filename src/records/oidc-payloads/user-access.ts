import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { RESERVED_USERS_PATTERN } from '../../platform/ids/ids.ts';
import { hash, type Sealed, unseal } from './sealing.ts';

export type AccessModel = 'Session' | 'RefreshToken';

/** A user's login: a browser session, or a refresh token through all its rotations. */
export type UserAccess = {
  /** A hash, which gives no access. */
  id: string;
  payload: Record<string, unknown>;
  userId: string;
  clientId: string | null;
  /** The session in which a refresh token was issued. */
  sessionId: string | null;
  createdAt: Date;
  seenAt: Date;
  expiresAt: Date;
  device: Record<string, unknown>;
  metadata: Record<string, unknown> | null;
};

type Row = {
  uid: string;
  payload: Sealed;
  account_id: string;
  client_id: string | null;
  session_uid: string | null;
  created_at: Date;
  seen_at: Date;
  expires_at: Date;
  device: Record<string, unknown> | null;
  metadata: Record<string, unknown> | null;
};

const COLUMNS = sql.raw(
  `uid, payload, account_id, client_id, session_uid, created_at, seen_at, expires_at, device, metadata`,
);

// Operators and programs use these functions. They may neither see nor end the logins of administrators.
const isOrdinary = sql`account_id not like ${RESERVED_USERS_PATTERN}`;

const alive = (model: AccessModel, now: Date) => sql`model = ${model} and ${isOrdinary}
  and created_at is not null and consumed_at is null and revoked_at is null and expires_at > ${now}::timestamptz
  and epoch = login_epoch(account_id)`;

function toAccess(key: Buffer, row: Row): UserAccess {
  return {
    id: row.uid,
    payload: unseal(key, row.payload) ?? {},
    userId: row.account_id,
    clientId: row.client_id,
    sessionId: row.session_uid,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    device: row.device ?? {},
    metadata: row.metadata,
  };
}

/** Returns a user's sessions or refresh tokens, in the order of ids. */
export async function listAccess(
  db: Db,
  key: Buffer,
  input: {
    model: AccessModel;
    userId: string;
    clientId?: string | undefined;
    afterId: string | null;
    limit: number;
    now: Date;
  },
): Promise<UserAccess[]> {
  const { model, userId, clientId, afterId, limit, now } = input;
  const { rows } = await sql<Row>`
    select distinct on (uid) ${COLUMNS} from oidc_payloads
    where account_id = ${userId} and ${alive(model, now)}
      and ${afterId === null ? sql`uid is not null` : sql`uid > ${afterId}`}
      and ${clientId === undefined ? sql`true` : sql`client_id = ${clientId}`}
    order by uid, seen_at desc limit ${limit}`.execute(db);
  return rows.map((row) => toAccess(key, row));
}

/** Returns the session or refresh token with this id, in its latest use, or `null`. */
export async function findAccess(
  db: Db,
  key: Buffer,
  input: { model: AccessModel; id: string; now: Date },
): Promise<UserAccess | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from oidc_payloads where uid = ${input.id} and ${alive(input.model, input.now)}
    order by seen_at desc limit 1`.execute(db);
  return rows[0] ? toAccess(key, rows[0]) : null;
}

/** Stores an API client's metadata of it. Returns false if it does not exist. */
export async function describeAccess(
  db: Db,
  input: {
    model: AccessModel;
    id: string;
    metadata: Record<string, unknown> | null;
    now: Date;
  },
): Promise<boolean> {
  const metadata = input.metadata === null ? null : JSON.stringify(input.metadata);
  const { rows } = await sql`
    update oidc_payloads set metadata = ${metadata}::jsonb
    where uid = ${input.id} and ${alive(input.model, input.now)} returning uid`.execute(db);
  return rows.length > 0;
}

export type AccessRevocation =
  | { model: AccessModel; ids: string[] }
  /** The browser session with the library's `uid`. */
  | { model: 'Session'; uid: string }
  | { model: AccessModel; userId?: string | undefined; clientId?: string | undefined }
  /** Codes and tokens issued in a session. */
  | { sessionId: string };

/**
 * Ends access for good. It locks the rows first, so that a concurrent write is either seen here or sees the revocation. Call it in a
 * transaction.
 * @returns the number of rows
 */
export async function revokeAccess(tx: Db, what: AccessRevocation, now: Date): Promise<number> {
  // A browser's own session always ends, even an administrator's.
  const which = 'uid' in what ? conditionOf(what) : sql`${isOrdinary} and ${conditionOf(what)}`;
  await sql`select uid from oidc_payloads where ${which} order by model, id_hash for update`.execute(
    tx,
  );
  const { rows } = await sql`
    update oidc_payloads set revoked_at = coalesce(revoked_at, ${now}) where ${which} returning model`.execute(
    tx,
  );
  return rows.length;
}

function conditionOf(what: AccessRevocation) {
  if ('sessionId' in what) return sql`session_uid = ${what.sessionId}`;
  if ('ids' in what) {
    return sql`model = ${what.model} and uid in (select jsonb_array_elements_text(${JSON.stringify(what.ids)}::jsonb))`;
  }
  if ('uid' in what) return sql`model = ${what.model} and uid = ${hash(what.uid)}`;
  const { model, userId, clientId } = what;
  if (userId === undefined && clientId === undefined) return sql`false`;
  return sql`model = ${model} and ${userId === undefined ? sql`true` : sql`account_id = ${userId}`}
    and ${clientId === undefined ? sql`true` : sql`client_id = ${clientId}`}`;
}

/** The access that a user has granted to an application. */
export type UserGrant = {
  id: string;
  userId: string;
  clientId: string;
  payload: Record<string, unknown>;
};

type GrantRow = { id_hash: string; account_id: string; client_id: string; payload: Sealed };

/** Returns a page of grants, in the order of their ids, and their total number. */
export async function listGrants(
  db: Db,
  key: Buffer,
  input: {
    userId?: string | undefined;
    clientId?: string | undefined;
    offset: number;
    limit: number;
    now: Date;
  },
): Promise<{ grants: UserGrant[]; total: number }> {
  const { userId, clientId } = input;
  const which = sql`model = 'Grant' and ${isOrdinary} and client_id is not null and expires_at > ${input.now}::timestamptz
    and ${userId === undefined ? sql`true` : sql`account_id = ${userId}`}
    and ${clientId === undefined ? sql`true` : sql`client_id = ${clientId}`}`;
  const { rows } = await sql<GrantRow>`
    select id_hash, account_id, client_id, payload from oidc_payloads where ${which}
    order by id_hash offset ${input.offset} limit ${input.limit}`.execute(db);
  const counted = await sql<{ n: number }>`
    select count(*)::int as n from oidc_payloads where ${which}`.execute(db);
  return {
    grants: rows.map((row) => ({
      id: row.id_hash,
      userId: row.account_id,
      clientId: row.client_id,
      payload: unseal(key, row.payload) ?? {},
    })),
    total: counted.rows[0]?.n ?? 0,
  };
}

/** Deletes grants and everything issued from them: one by its id, or all of a user. */
export async function endGrants(db: Db, which: { id: string } | { userId: string }): Promise<void> {
  if ('id' in which) {
    await sql`delete from oidc_payloads
      where ${isOrdinary} and (grant_id = ${which.id} or (model = 'Grant' and id_hash = ${which.id}))`.execute(
      db,
    );
    return;
  }
  await sql`delete from oidc_payloads where ${isOrdinary} and account_id = ${which.userId} and (model = 'Grant' or grant_id is not null)`.execute(
    db,
  );
}
