import { sql } from 'kysely';
import { type Db, sqlState } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import { on, toUser, type User } from './user-row.ts';

const UNIQUE_VIOLATION = '23505';

/** What a new user may bring; `id` without it is made up. */
export type NewUser = {
  /** The part after `auth0|`. */
  localId?: string;
  /** The part before it: `auth0` where nothing is said. */
  provider?: string;
  connectionId: string;
  email?: string | null;
  emailVerified?: boolean;
  username?: string | null;
  phoneNumber?: string | null;
  phoneVerified?: boolean | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  nickname?: string | null;
  picture?: string | null;
  blocked?: boolean | null;
  appMetadata?: Record<string, unknown> | null;
  userMetadata?: Record<string, unknown> | null;
  now: Date;
};

export type UserChanges = Partial<
  Pick<
    User,
    | 'email'
    | 'emailVerified'
    | 'username'
    | 'phoneNumber'
    | 'phoneVerified'
    | 'name'
    | 'givenName'
    | 'familyName'
    | 'nickname'
    | 'picture'
    | 'blocked'
    | 'lastPasswordReset'
  >
> & {
  /** Merged on the first level; a null value deletes its key; `{}` removes everything. */
  appMetadata?: Record<string, unknown> | null;
  userMetadata?: Record<string, unknown> | null;
};

/** One user. `duplicate` when the e-mail, username, phone number or id is taken in the connection. */
export async function addUser(
  db: Db,
  user: NewUser,
): Promise<{ kind: 'inserted'; user: User } | { kind: 'duplicate' }> {
  const email = user.email?.toLowerCase() ?? null;
  const row = await on(db)
    .insertInto('users')
    .values({
      id: `${user.provider ?? 'auth0'}|${user.localId ?? newObjectId(user.now)}`,
      connection_id: user.connectionId,
      email,
      email_verified: user.emailVerified ?? false,
      username: user.username?.toLowerCase() ?? null,
      phone_number: user.phoneNumber ?? null,
      phone_verified: user.phoneVerified ?? null,
      name: user.name ?? email ?? user.username ?? user.phoneNumber ?? null,
      given_name: user.givenName ?? null,
      family_name: user.familyName ?? null,
      nickname: user.nickname ?? email?.split('@')[0] ?? user.username ?? null,
      picture: user.picture ?? null,
      blocked: user.blocked ?? null,
      app_metadata: json(user.appMetadata),
      user_metadata: json(user.userMetadata),
      created_at: user.now,
      updated_at: user.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ? { kind: 'inserted', user: toUser(row) } : { kind: 'duplicate' };
}

/** Writes only what `changes` names. */
export async function changeUser(
  db: Db,
  id: string,
  changes: UserChanges,
  now: Date,
): Promise<{ kind: 'updated'; user: User } | { kind: 'missing' } | { kind: 'duplicate' }> {
  try {
    const row = await on(db)
      .updateTable('users')
      .set({
        email: changes.email === undefined ? undefined : (changes.email?.toLowerCase() ?? null),
        email_verified: changes.emailVerified,
        username:
          changes.username === undefined ? undefined : (changes.username?.toLowerCase() ?? null),
        phone_number: changes.phoneNumber,
        phone_verified: changes.phoneVerified,
        name: changes.name,
        given_name: changes.givenName,
        family_name: changes.familyName,
        nickname: changes.nickname,
        picture: changes.picture,
        blocked: changes.blocked,
        last_password_reset: changes.lastPasswordReset,
        app_metadata: merged('app_metadata', changes.appMetadata),
        user_metadata: merged('user_metadata', changes.userMetadata),
        updated_at: now,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    return row ? { kind: 'updated', user: toUser(row) } : { kind: 'missing' };
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'duplicate' };
    throw error;
  }
}

/** Merges what an invitation grants into the user's metadata, on the first level. */
export async function mergeMetadata(
  db: Db,
  grant: {
    userId: string;
    appMetadata: Record<string, unknown> | null;
    userMetadata: Record<string, unknown> | null;
    at: Date;
  },
): Promise<void> {
  if (!grant.appMetadata && !grant.userMetadata) return;
  await on(db)
    .updateTable('users')
    .set({
      app_metadata: grant.appMetadata ? merged('app_metadata', grant.appMetadata) : undefined,
      user_metadata: grant.userMetadata ? merged('user_metadata', grant.userMetadata) : undefined,
      updated_at: grant.at,
    })
    .where('id', '=', grant.userId)
    .execute();
}

function json(value: Record<string, unknown> | null | undefined): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** First-level merge as an SQL expression: keys set to null go, an empty object or null removes all. */
function merged(
  column: 'app_metadata' | 'user_metadata',
  change: Record<string, unknown> | null | undefined,
) {
  if (change === undefined) return undefined;
  const entries = Object.entries(change ?? {});
  if (entries.length === 0) return null;
  const gone = entries.filter(([, value]) => value === null).map(([key]) => key);
  const kept = JSON.stringify(Object.fromEntries(entries.filter(([, value]) => value !== null)));
  return sql`nullif((coalesce(${sql.ref(column)}, '{}'::jsonb) || ${kept}::jsonb) - ${gone}::text[], '{}'::jsonb)`;
}
