import { sql } from 'kysely';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { notedVersion, noteVersion } from '../../platform/request-context/request-context.ts';
import { endEpochs, isCurrent, isValid, ofThisRequest } from './login-epochs.ts';
import { hash, hashOrNull, type Sealed, seal, unseal } from './sealing.ts';

export { deleteEpochsOfGone } from './login-epochs.ts';
export {
  type AccessModel,
  type AccessRevocation,
  describeAccess,
  endGrants,
  findAccess,
  listAccess,
  listGrants,
  revokeAccess,
  type UserAccess,
  type UserGrant,
} from './user-access.ts';

/** The protocol library's data about a code, token, session, grant or interaction. */
export type OidcPayload = Record<string, unknown>;

export type OidcKey = { model: string; id: string };

export type StoredPayload = {
  payload: OidcPayload;
  consumedAt: Date | null;
  expiresAt: Date | null;
};

export type NewPayload = OidcKey & {
  payload: OidcPayload;
  accountId: string | null;
  clientId: string | null;
  grantId: string | null;
  uid: string | null;
  /** The code that a person types to log in on another device. */
  userCode?: string | null;
  /** The session in which a code or token was issued. */
  sessionUid?: string | null;
  /** The address and user agent of its current use. */
  device?: { ip: string | null; userAgent: string | null } | null;
  expiresAt: Date | null;
  now: Date;
};

type Row = {
  payload: Sealed;
  consumed_at: Date | null;
  expires_at: Date | null;
  account_id: string | null;
  epoch: number;
};

// The account's sessions were not ended since the login. Otherwise the row no longer counts.
const isPresent = sql`epoch = login_epoch(account_id)`;

/** The number of times that a user's sessions were ended. Everything that a login writes is bound to it; tokens carry it in `claim`. */
export const loginEpoch = { claim: 'login_epoch', ofThisRequest, isCurrent, isValid } as const;

/**
 * Stores a payload and replaces one with the same id; a consumed one stays consumed. Ids are bearer secrets and payloads contain other ids,
 * so the table has hashes of the ids, and encrypted payloads. The payload is valid while its login is: the oldest epoch that the request
 * has read of the person, or else the current one. A payload with the `uid` of an earlier row takes its place and inherits its start, its
 * description and its revocation.
 * @param key 32 bytes for AES-256-GCM
 */
export async function savePayload(db: Db, key: Buffer, input: NewPayload): Promise<void> {
  const { model, device, now } = input;
  const uid = hashOrNull(input.uid);
  const last = device ? { last_ip: device.ip, last_user_agent: device.userAgent } : {};
  const first = device ? { initial_ip: device.ip, initial_user_agent: device.userAgent } : {};
  const known = device ? JSON.stringify(last) : null;
  const begun = device ? JSON.stringify(first) : null;
  const noted = input.accountId === null ? null : notedVersion(input.accountId);
  // Most payloads have no earlier row, and a login writes several. The lock is the one that the write needs, because two requests of one
  // session with weaker locks would wait for each other.
  const kin =
    uid === null
      ? sql``
      : sql`with kin as (
          select created_at, device, metadata, revoked_at from oidc_payloads
          where model = ${model} and uid = ${uid} order by seen_at desc limit 1 for no key update)`;
  const inherited =
    uid === null
      ? sql`${now}, ${now}, ${begun}::jsonb || ${known}::jsonb, null, null`
      : sql`coalesce((select created_at from kin), ${now}), ${now},
          coalesce((select device from kin), ${begun}::jsonb) || ${known}::jsonb,
          (select metadata from kin), (select revoked_at from kin)`;
  await sql`${kin} insert into oidc_payloads
      (model, id_hash, payload, account_id, client_id, grant_id, uid, user_code, session_uid, expires_at,
       created_at, seen_at, device, metadata, revoked_at, epoch)
    values (${model}, ${hash(input.id)}, ${seal(key, input.payload)}::jsonb, ${input.accountId},
      ${input.clientId}, ${hashOrNull(input.grantId)}, ${uid},
      ${hashOrNull(input.userCode ?? null)}, ${hashOrNull(input.sessionUid ?? null)}, ${input.expiresAt},
      ${inherited}, coalesce(${noted}::integer, login_epoch(${input.accountId})))
    on conflict (model, id_hash) do update set payload = excluded.payload,
      account_id = excluded.account_id, epoch = excluded.epoch, grant_id = excluded.grant_id, uid = excluded.uid,
      expires_at = excluded.expires_at, seen_at = excluded.seen_at,
      device = coalesce(oidc_payloads.device, excluded.device) || ${known}::jsonb`.execute(db);
}

/** Returns a payload that is neither revoked nor of an ended login, or `null`. @param key 32 bytes for AES-256-GCM */
export async function findPayload(
  db: Db,
  key: Buffer,
  { model, id }: OidcKey,
): Promise<StoredPayload | null> {
  const { rows } =
    await sql<Row>`select payload, consumed_at, expires_at, account_id, epoch from oidc_payloads
    where model = ${model} and id_hash = ${hash(id)} and revoked_at is null and ${isPresent}`.execute(
      db,
    );
  return opened(key, rows[0]);
}

/** Works as {@link findPayload}, by the library's `uid`. */
export async function findPayloadByUid(
  db: Db,
  key: Buffer,
  { model, uid }: { model: string; uid: string },
): Promise<StoredPayload | null> {
  const { rows } =
    await sql<Row>`select payload, consumed_at, expires_at, account_id, epoch from oidc_payloads
    where model = ${model} and uid = ${hash(uid)} and revoked_at is null and ${isPresent}`.execute(
      db,
    );
  return opened(key, rows[0]);
}

/** Works as {@link findPayload}, by the code that the person types. */
export async function findPayloadByUserCode(
  db: Db,
  key: Buffer,
  { model, userCode }: { model: string; userCode: string },
): Promise<StoredPayload | null> {
  const { rows } =
    await sql<Row>`select payload, consumed_at, expires_at, account_id, epoch from oidc_payloads
    where model = ${model} and user_code = ${hash(userCode)} and ${isPresent}`.execute(db);
  return opened(key, rows[0]);
}

/**
 * Uses up a code or refresh token. Of any number of requests at once, one gets true.
 * @param input.leewaySeconds seconds after the first use in which it may be used again (0: never)
 */
export async function consumePayload(
  db: Db,
  input: OidcKey & { now: Date; leewaySeconds: number },
): Promise<boolean> {
  // Without leeway the times are not compared at all, because a slow clock would let a second use through.
  const again =
    input.leewaySeconds > 0
      ? sql`or consumed_at > ${new Date(input.now.getTime() - input.leewaySeconds * 1000)}`
      : sql``;
  const { rows } =
    await sql`update oidc_payloads set consumed_at = coalesce(consumed_at, ${input.now})
    where model = ${input.model} and id_hash = ${hash(input.id)} and revoked_at is null
      and ${isPresent} and (consumed_at is null ${again})
    returning model`.execute(db);
  return rows.length === 1;
}

/** Records the use of a non-rotating refresh token and extends its end, at most once in `everySeconds`. It never restores a deleted one. */
export async function notePayloadUse(
  db: Db,
  input: OidcKey & {
    now: Date;
    expiresAt: Date;
    everySeconds: number;
    device: { ip: string | null; userAgent: string | null };
  },
): Promise<void> {
  const { model, id, now, device } = input;
  const before = new Date(now.getTime() - input.everySeconds * 1000);
  const last = JSON.stringify({ last_ip: device.ip, last_user_agent: device.userAgent });
  await sql`update oidc_payloads set seen_at = ${now}, expires_at = ${input.expiresAt},
      device = coalesce(device, '{}'::jsonb) || ${last}::jsonb
    where model = ${model} and id_hash = ${hash(id)} and revoked_at is null and seen_at <= ${before}`.execute(
    db,
  );
}

/** A revoked row stays, so that a later write under another id inherits the revocation. */
export async function deletePayload(db: Db, { model, id }: OidcKey): Promise<void> {
  await sql`delete from oidc_payloads
    where model = ${model} and id_hash = ${hash(id)} and revoked_at is null`.execute(db);
}

/** Deletes the rows of one model that belong to a grant. */
export async function deleteByGrant(
  db: Db,
  { model, grantId }: { model: string; grantId: string },
): Promise<void> {
  await sql`delete from oidc_payloads where grant_id = ${hash(grantId)} and model = ${model}`.execute(
    db,
  );
}

/** Deletes a grant and everything issued from it: a code or refresh token was used twice, so it may be stolen. */
export async function deleteFamily(db: Db, grantId: string): Promise<void> {
  await sql`delete from oidc_payloads
    where grant_id = ${hash(grantId)} or (model = 'Grant' and id_hash = ${hash(grantId)})`.execute(
    db,
  );
}

/**
 * Logs a user out everywhere: deletes sessions, grants, codes and tokens, and ends logins in progress. Other APIs accept JWTs until they
 * expire.
 */
export async function endSessionsOf(db: Db, userId: string): Promise<void> {
  await endEpochs(db, { userIds: [userId], areGone: false });
}

/** Logs many users out everywhere, as {@link endSessionsOf}. */
export async function endSessionsOfMany(db: Db, userIds: string[]): Promise<void> {
  await endEpochs(db, { userIds, areGone: false });
}

/** Deletes the sessions of users who were just deleted, as {@link endSessionsOf}: users and identities alike. */
export async function endSessionsOfGone(db: Db, userIds: string[]): Promise<void> {
  await endEpochs(db, { userIds, areGone: true });
}

/** Deletes up to `limit` grants and refresh tokens of a deleted client. Returns how many it deleted. */
export async function endGrantsOfClient(
  db: Db,
  input: { clientId: string; limit: number },
): Promise<number> {
  const { rows } = await sql`delete from oidc_payloads where (model, id_hash) in (
      select model, id_hash from oidc_payloads
      where client_id = ${input.clientId} and model in ('Grant', 'RefreshToken') limit ${input.limit})
    returning model`.execute(db);
  return rows.length;
}

/** Deletes up to `limit` expired rows. Returns how many it deleted. */
export const deleteExpiredPayloads = deletionOf('oidc_payloads', {
  // One minute, because the clocks of nodes differ slightly.
  key: ['model', 'id_hash'],
  ended: 'expires_at',
  keptMs: 60_000,
});

function opened(key: Buffer, row: Row | undefined): StoredPayload | null {
  if (row && row.account_id !== null) noteVersion(row.account_id, row.epoch);
  const payload = row && unseal(key, row.payload);
  return row && payload
    ? { payload, consumedAt: row.consumed_at, expiresAt: row.expires_at }
    : null;
}
