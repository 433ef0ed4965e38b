import { sql } from 'kysely';
import { type Db, sqlState, transaction } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { keptPhoneNumber, namesOf, releaseNames, takeNames } from './user-identifiers.ts';
import { on, toUser, type User } from './user-row.ts';

const UNIQUE_VIOLATION = '23505';

/** Properties of a new user. Without `localId` the id is generated. */
export type NewUser = {
  /** The part after `auth0|`. */
  localId?: string;
  /** The part before it. Default: `auth0`. */
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
  /** Second factors in the form of an import, their secrets encrypted. */
  mfaFactors?: unknown[];
  /** Whether the account comes from a sign-up whose address is not proved yet. */
  isUnproven?: boolean;
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
  /** Merged on the first level. A null value deletes its key; `{}` deletes everything. */
  appMetadata?: Record<string, unknown> | null;
  userMetadata?: Record<string, unknown> | null;
};

export type Added = { kind: 'inserted'; user: User } | { kind: 'duplicate' };

/**
 * Inserts one user. Returns `duplicate` if the id is taken, or if another user of the connection has the email address, username or phone
 * number, as any kind.
 */
export function insertUser(db: Db, user: NewUser): Promise<Added> {
  return db.isTransaction ? add(db, user) : transaction(db, (tx) => add(tx, user));
}

async function add(tx: Db, user: NewUser): Promise<Added> {
  const email = user.email ? canonicalIdentifier(user.email) : null;
  const username = user.username ? canonicalIdentifier(user.username) : null;
  const phoneNumber = user.phoneNumber ? keptPhoneNumber(user.phoneNumber) : null;
  const row = await on(tx)
    .insertInto('users')
    .values({
      id: `${user.provider ?? 'auth0'}|${user.localId ?? newObjectId(user.now)}`,
      connection_id: user.connectionId,
      email,
      email_verified: user.emailVerified ?? false,
      username,
      phone_number: phoneNumber,
      phone_verified: user.phoneVerified ?? null,
      name: user.name ?? email ?? user.username ?? phoneNumber,
      given_name: user.givenName ?? null,
      family_name: user.familyName ?? null,
      nickname: user.nickname ?? email?.split('@')[0] ?? user.username ?? null,
      picture: user.picture ?? null,
      blocked: user.blocked ?? null,
      app_metadata: json(user.appMetadata),
      user_metadata: json(user.userMetadata),
      mfa_factors: user.mfaFactors?.length ? JSON.stringify(user.mfaFactors) : null,
      unproven: user.isUnproven ? json(signedUpWith(user)) : null,
      created_at: user.now,
      updated_at: user.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!row) return { kind: 'duplicate' };
  if (await takeNames(tx, row, namesOf(row))) return { kind: 'inserted', user: toUser(row) };
  await on(tx).deleteFrom('users').where('id', '=', row.id).execute();
  return { kind: 'duplicate' };
}

/** Returns the data that the first proof of the address removes, unless it has changed since. */
function signedUpWith(user: NewUser): Record<string, unknown> {
  const { name, givenName, familyName, nickname, picture, userMetadata } = user;
  return { name, givenName, familyName, nickname, picture, userMetadata };
}

export type Changed = { kind: 'updated'; user: User } | { kind: 'missing' } | { kind: 'duplicate' };

/**
 * Writes only the properties in `changes`. Returns `duplicate` if another user has a new email address, username or phone number, as any
 * kind.
 */
export function updateUser(db: Db, id: string, changes: UserChanges, now: Date): Promise<Changed> {
  const kept = {
    email: inForm(changes.email, canonicalIdentifier),
    username: inForm(changes.username, canonicalIdentifier),
    phone_number: inForm(changes.phoneNumber, keptPhoneNumber),
  };
  if (Object.values(kept).every((name) => name === undefined)) {
    return write(db, id, changes, { kept, isElsewhere: false, now });
  }
  const work = (tx: Db) => rename(tx, id, changes, kept, now);
  return db.isTransaction ? work(db) : transaction(db, work);
}

type Kept = Record<'email' | 'username' | 'phone_number', string | null | undefined>;

/** Returns `undefined` for an unchanged value. */
function inForm(value: string | null | undefined, form: (typed: string) => string) {
  return value === undefined || value === null || value === '' ? value : form(value);
}

/** Takes the new identifiers before the write, and releases the former ones after it. */
async function rename(
  tx: Db,
  id: string,
  changes: UserChanges,
  kept: Kept,
  now: Date,
): Promise<Changed> {
  const before = await on(tx)
    .selectFrom('users')
    .select(['id', 'connection_id', 'email', 'username', 'phone_number'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!before) return { kind: 'missing' };
  const { email = before.email, username = before.username } = kept;
  const { phone_number = before.phone_number } = kept;
  const former = namesOf(before);
  const names = namesOf({ email, username, phone_number });
  const added = names.filter((name) => !former.includes(name));
  if (!(await takeNames(tx, before, added))) return { kind: 'duplicate' };
  const isElsewhere =
    email !== null && (!before.email || canonicalIdentifier(before.email) !== email);
  const written = await write(tx, id, changes, { kept, isElsewhere, now });
  if (written.kind !== 'updated') return written;
  const left = former.filter((name) => !names.includes(name));
  await releaseNames(tx, [{ id, connection_id: before.connection_id, names: left }]);
  return written;
}

async function write(
  db: Db,
  id: string,
  changes: UserChanges,
  { kept, isElsewhere, now }: { kept: Kept; isElsewhere: boolean; now: Date },
): Promise<Changed> {
  try {
    const row = await on(db)
      .updateTable('users')
      .set({
        ...kept,
        email_verified: changes.emailVerified,
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
        unproven: unprovenAfter(changes.emailVerified, isElsewhere),
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

/**
 * An operator's statement proves an address. A new, unverified address belongs to a person who has never been here, while the account was
 * in use: all its data may be planted.
 * @param isElsewhere whether the address is another one, and not another form of the same
 */
function unprovenAfter(emailVerified: boolean | undefined, isElsewhere: boolean) {
  if (emailVerified === true) return null;
  if (!isElsewhere) return undefined;
  return sql<unknown>`case when logins_count > 0 then coalesce(unproven, '{}'::jsonb) else unproven end`;
}

function json(value: Record<string, unknown> | null | undefined): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** Returns a first-level merge as SQL: keys set to null are deleted, and an empty object or null deletes all. */
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
