import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { on, toUser, type User, type UsersTable } from './user-row.ts';
import { updateUser } from './write-user.ts';

/** A locked account with all its linked identities, and whether its address was ever proved. */
export type HeldForProof = {
  account: User;
  /** Data of an unproved sign-up, or `null` if there is none. */
  signedUpWith: Record<string, unknown> | null;
  /** Whether it has a phone number that was neither proved nor imported. */
  hasStrangePhone: boolean;
  /** The user whose identity the account is. */
  primary: User | null;
  /** The identities of the account. */
  identities: User[];
};

/**
 * Locks an account, its user and its linked identities until the transaction ends, in the order of ids. Returns `null` if it was deleted.
 */
export async function holdForProof(tx: Db, accountId: string): Promise<HeldForProof | null> {
  const rows = await on(tx)
    .selectFrom('users')
    .selectAll()
    .where(
      sql<SqlBool>`id = ${accountId} or id = (select linked_to from users where id = ${accountId})
        or (linked_to is not null and linked_to = ${accountId})`,
    )
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const own = rows.find((row) => row.id === accountId);
  if (own === undefined) return null;
  const primary = rows.find((row) => row.id === own.linked_to);
  return {
    account: toUser(own),
    signedUpWith: asRecord(own.unproven),
    hasStrangePhone: own.phone_verified !== true && own.import_job_id === null,
    primary: primary ? toUser(primary) : null,
    identities: rows.filter((row) => row.linked_to === accountId).map(toUser),
  };
}

/**
 * Records that the account belongs to its owner.
 * @param proof.verified whether the address is proved too
 * @param proof.planted data of the sign-up: it is removed if it is unchanged since
 */
export async function recordFirstProof(
  tx: Db,
  proof: {
    accountId: string;
    verified: boolean;
    planted: Record<string, unknown> | null;
    dropsPhone: boolean;
    at: Date;
  },
): Promise<User> {
  const { accountId, verified, planted, dropsPhone, at } = proof;
  if (dropsPhone) await updateUser(tx, accountId, { phoneNumber: null, phoneVerified: null }, at);
  const row = await on(tx)
    .updateTable('users')
    .set({
      unproven: null,
      updated_at: at,
      ...(verified && { email_verified: true }),
      ...(planted && withoutPlanted(planted, at)),
    })
    .where('id', '=', accountId)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toUser(row);
}

const TEXTS = {
  givenName: 'given_name',
  familyName: 'family_name',
  picture: 'picture',
} as const satisfies Record<string, keyof UsersTable>;

function withoutPlanted(planted: Record<string, unknown>, at: Date) {
  const cleared = Object.entries(TEXTS).map(([key, column]) => [
    column,
    sql`nullif(${sql.ref(column)}, ${textOf(planted[key])})`,
  ]);
  const metadata = asRecord(planted.userMetadata) ?? {};
  return {
    ...Object.fromEntries(cleared),
    name: sql<
      string | null
    >`case when name = ${textOf(planted.name)} then coalesce(email, username) else name end`,
    nickname: sql<
      string | null
    >`case when nickname = ${textOf(planted.nickname)} then coalesce(split_part(email, '@', 1), username) else nickname end`,
    user_metadata: sql`nullif((select jsonb_object_agg(key, value) from jsonb_each(coalesce(user_metadata, '{}'::jsonb))
      where value is distinct from (${JSON.stringify(metadata)}::jsonb -> key)), '{}'::jsonb)`,
    last_password_reset: at,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : null;
}

/** Returns whether the account comes from a sign-up whose address was never proved. */
export async function isUnproven(db: Db, userId: string): Promise<boolean> {
  const { rows } = await sql<{ waits: boolean }>`
    select unproven is not null as waits from users where id = ${userId}`.execute(db);
  return rows[0]?.waits === true;
}
