import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { on, toUser, type User, type UsersTable } from './user-row.ts';
import { updateUser } from './write-user.ts';

/** An account, all that is linked with it, and whether anybody has shown yet that its address is theirs. Locked. */
export type HeldForProof = {
  account: User;
  /** What came with a sign-up that nobody has proved; null: there is nothing to be afraid of. */
  signedUpWith: Record<string, unknown> | null;
  /** Whether it has a phone number that nobody has shown to be theirs, and no import has brought. */
  hasStrangePhone: boolean;
  /** Whose identity the account is. */
  primary: User | null;
  /** The identities of the account. */
  identities: User[];
};

/** Holds an account, whom it is linked to, and what is linked to it until the transaction ends, in the order of ids; null: it is gone. */
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
 * From now on the account is its owner's.
 * @param proof.verified whether its address is theirs, too
 * @param proof.planted what came with the sign-up: it goes, as far as it is still the same
 */
export async function settleProof(
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

/** Whether somebody signed up with this account, and nobody has shown yet that its address is theirs. */
export async function isUnproven(db: Db, userId: string): Promise<boolean> {
  const { rows } = await sql<{ waits: boolean }>`
    select unproven is not null as waits from users where id = ${userId}`.execute(db);
  return rows[0]?.waits === true;
}
