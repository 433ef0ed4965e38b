import { type SqlBool, sql } from 'kysely';
import { type Db, sqlState } from '../../platform/db/db.ts';
import { newObjectId } from '../../platform/ids/ids.ts';
import {
  type Account as AccountRecord,
  accountByEmail,
  accountById,
  accountByIdentifier,
  accountsById,
  type IdentifierKey,
  identitiesOf,
  type Link,
  type LinkOutcome as LinkResult,
  linkAccounts,
  linkNew,
  unlink,
} from './identities.ts';
import {
  type Found,
  findBySearch,
  matchesById,
  type Prepared,
  type PreparedSearch,
  pageInOrder,
  prepareSearch,
} from './search-users.ts';
import { toUser, type User as UserRecord, type UsersTable } from './user-row.ts';
import {
  type BulkInput,
  type BulkUser as BulkUserRecord,
  bulkCollisions,
  bulkInsert,
  bulkLinked,
  bulkUpdate,
  bulkWritten,
} from './users-in-bulk.ts';

export type User = UserRecord;
export type BulkUser = BulkUserRecord;
export type UserSearch = PreparedSearch;
export type Account = AccountRecord;
export type LinkOutcome = LinkResult;

const on = (db: Db) => db.withTables<{ users: UsersTable }>();

/** Users: identities that are linked to one are not users themselves. */
const users = (db: Db) => on(db).selectFrom('users').where('linked_to', 'is', null);

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

const UNIQUE_VIOLATION = '23505';

export async function findUser(db: Db, id: string): Promise<User | null> {
  const row = await users(db).selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toUser(row) : null;
}

/** @param email compared in lower case, as e-mails of user stores are kept */
export async function findUserByEmail(
  db: Db,
  key: { connectionId: string; email: string },
): Promise<User | null> {
  const account = await findAccountByEmail(db, key);
  return account?.linkedTo === null ? account : null;
}

/** Finds by what somebody types into a login form: e-mail, phone number or username. */
export async function findUserByIdentifier(
  db: Db,
  key: { connectionId: string; identifier: string },
): Promise<User | null> {
  return (await findAccountByIdentifier(db, key))?.user ?? null;
}

/** See `identities.ts`: whose account somebody means who types this into a login form. */
export function findAccountByIdentifier(db: Db, key: IdentifierKey): Promise<Account | null> {
  return accountByIdentifier(db, key);
}

/** See `identities.ts`: a user, or an identity that is linked to one (`linkedTo` says to whom). */
export function findAccount(db: Db, id: string): Promise<User | null> {
  return accountById(db, id);
}

/** See `identities.ts`: users, and identities that are linked to one. */
export function findAccounts(db: Db, ids: string[]): Promise<User[]> {
  return accountsById(db, ids);
}

/** See `identities.ts`: who has this e-mail in a connection, as a user or as a linked identity. */
export function findAccountByEmail(
  db: Db,
  key: { connectionId: string; email: string },
): Promise<User | null> {
  return accountByEmail(db, key);
}

/** See `identities.ts`: the identities that are linked to each of these users, the oldest link first. */
export function linkedIdentities(db: Db, userIds: string[]): Promise<Map<string, User[]>> {
  return identitiesOf(db, userIds);
}

/** See `identities.ts`: makes a user an identity of another. */
export function linkUser(tx: Db, link: Link): Promise<LinkOutcome> {
  return linkAccounts(tx, link);
}

/** See `identities.ts`: makes an identity that has not been seen here before one of a user. */
export function linkNewIdentity(
  tx: Db,
  link: { userId: string; identityId: string; connectionId: string; now: Date },
): Promise<LinkOutcome> {
  return linkNew(tx, link);
}

/** See `identities.ts`: makes a linked identity a user of its own again; false when it is not linked to this user. */
export function unlinkIdentity(
  tx: Db,
  link: { userId: string; identityId: string; now: Date },
): Promise<boolean> {
  return unlink(tx, link);
}

/**
 * Keeps users, and identities that are linked to one, from being deleted before the commit; whoever deletes them waits, and so does
 * whoever makes them an identity. @returns the ids of those that are there
 */
export async function holdUsers(tx: Db, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await on(tx)
    .selectFrom('users')
    .select('id')
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .orderBy('id')
    .forKeyShare()
    .execute();
  return new Set(rows.map((row) => row.id));
}

export async function findUsers(db: Db, ids: string[]): Promise<User[]> {
  if (ids.length === 0) return [];
  const rows = await users(db).selectAll().where(sql<SqlBool>`id = any(${ids}::text[])`).execute();
  return rows.map(toUser);
}

/** People who run this server, as far as they have an address and may log in; at most a hundred. */
export async function findAdministrators(db: Db): Promise<User[]> {
  const rows = await users(db)
    .selectAll()
    .where('app_metadata', 'is not', null)
    .where(sql<SqlBool>`app_metadata @> '{"usher":{"administrator":true}}'::jsonb`)
    .where('email', 'is not', null)
    .where(sql<SqlBool>`blocked is not true`)
    .orderBy('id')
    .limit(100)
    .execute();
  return rows.map(toUser);
}

/** Users of all connections who have exactly this e-mail (stored in lower case), themselves or by a linked identity. */
export async function findUsersByEmail(db: Db, email: string): Promise<User[]> {
  const rows = await users(db)
    .selectAll()
    .where(
      sql<SqlBool>`id in (select coalesce(linked_to, id) from users where email = ${email} limit 100)`,
    )
    .orderBy('id')
    .execute();
  return rows.map(toUser);
}

/** Those of `emails` that have a user in the connection. One query, by the index. */
export async function findUsersByEmails(
  db: Db,
  key: { connectionId: string; emails: string[] },
): Promise<User[]> {
  if (key.emails.length === 0) return [];
  const rows = await users(db)
    .selectAll()
    .where(sql<SqlBool>`email = any(${key.emails}::text[])`)
    .where('connection_id', '=', key.connectionId)
    .execute();
  return rows.map(toUser);
}

/** The next `limit` users in the order of their ids. */
export async function usersById(
  db: Db,
  page: { afterId: string | null; limit: number; connectionId?: string },
): Promise<User[]> {
  let query = users(db).selectAll().orderBy('id').limit(page.limit);
  if (page.afterId !== null) query = query.where('id', '>', page.afterId);
  if (page.connectionId !== undefined) query = query.where('connection_id', '=', page.connectionId);
  return (await query.execute()).map(toUser);
}

const ORDERS = [
  'created_at',
  'updated_at',
  'email',
  'email_verified',
  'username',
  'phone_number',
  'phone_verified',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'blocked',
  'last_ip',
  'last_login',
  'last_password_reset',
  'logins_count',
  'user_id',
] as const;

/** Whoever lacks what it is by comes last. */
export type UserOrder = { by: (typeof ORDERS)[number]; descending: boolean };

/** By what users can be put in order; null for anything else. */
export function userOrderBy(name: string): UserOrder['by'] | null {
  return ORDERS.find((one) => one === name) ?? null;
}

/** A page by offset; the caller bounds `offset + limit`. null: it took too long. */
export function pageOfUsers(
  db: Db,
  page: { offset: number; limit: number; order: UserOrder; timeLimitMs: number },
): Promise<User[] | null> {
  return pageInOrder(db, { ...page, order: columnOrder(page.order) });
}

function columnOrder({ by, descending }: UserOrder) {
  return { column: by === 'user_id' ? ('id' as const) : by, descending };
}

export async function countUsers(db: Db, connectionId?: string): Promise<number> {
  const count = async (query = on(db).selectFrom('users')) => {
    if (connectionId !== undefined) query = query.where('connection_id', '=', connectionId);
    const { n } = await query.select(sql<string>`count(*)`.as('n')).executeTakeFirstOrThrow();
    return Number(n);
  };
  // Two counts, because each can be had from an index.
  return (
    (await count()) - (await count(on(db).selectFrom('users').where('linked_to', 'is not', null)))
  );
}

/** How many users there are, but never more than `bound + 1`: the cost doesn't grow with them. */
export async function countUsersUpTo(db: Db, bound: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from users where linked_to is null limit ${bound + 1}) as counted`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** One user. `duplicate` when the e-mail, username, phone number or id is taken in the connection. */
export async function insertUser(
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
export async function updateUser(
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
export async function grantMetadata(
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

/** Factors that came with the person's import, in the import's words; they are gone from here then: one caller gets them. */
export async function takeImportedFactors(db: Db, userId: string): Promise<unknown[]> {
  const { rows } = await sql<{ factors: unknown }>`
    with old as materialized (select id, mfa_factors from users where id = ${userId} and mfa_factors is not null for update)
    update users set mfa_factors = null from old where users.id = old.id returning old.mfa_factors as factors`.execute(
    db,
  );
  const factors = rows[0]?.factors;
  return Array.isArray(factors) ? factors : [];
}

/** Deletes a user with the identities that are linked to it. Needs a transaction. */
export async function deleteUser(db: Db, id: string): Promise<boolean> {
  const result = await on(db)
    .deleteFrom('users')
    .where('id', '=', id)
    .where('linked_to', 'is', null)
    .executeTakeFirst();
  if (result.numDeletedRows === 0n) return false;
  await deleteLinked(db, [id]);
  return true;
}

/**
 * Deletes up to `limit` users of a connection, with all that belongs to them, skipping those that another node is at.
 * Returns their ids.
 */
export async function deleteUsersOfConnection(
  tx: Db,
  batch: { connectionId: string; limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with batch as materialized (
      select id from users where connection_id = ${batch.connectionId}
      limit ${batch.limit} for update skip locked
    )
    delete from users using batch where users.id = batch.id returning users.id`.execute(tx);
  const ids = rows.map((row) => row.id);
  await deleteLinked(tx, ids);
  return ids;
}

/** After the users themselves: whoever links to one of them meanwhile waits for its row, and finds it gone. */
async function deleteLinked(tx: Db, userIds: string[]): Promise<void> {
  if (userIds.length === 0) return;
  await sql`delete from users
    where linked_to is not null and linked_to = any(${userIds}::text[])`.execute(tx);
}

/** Whether anybody is in this connection. */
export async function hasUsers(db: Db, connectionId: string): Promise<boolean> {
  const row = await on(db)
    .selectFrom('users')
    .select('id')
    .where('connection_id', '=', connectionId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function recordLogin(
  db: Db,
  login: { userId: string; ip: string; at: Date },
): Promise<void> {
  await on(db)
    .updateTable('users')
    .set({ last_login: login.at, last_ip: login.ip, logins_count: sql`logins_count + 1` })
    .where('id', '=', login.userId)
    .execute();
}

export async function recordPasswordReset(
  db: Db,
  reset: { userId: string; at: Date; markEmailVerified: boolean },
): Promise<void> {
  await on(db)
    .updateTable('users')
    .set({
      last_password_reset: reset.at,
      updated_at: reset.at,
      email_verified: reset.markEmailVerified ? true : undefined,
    })
    .where('id', '=', reset.userId)
    .execute();
}

/** True when this call made it verified: false if it was already, or the user's e-mail is another by now. */
export async function markEmailVerified(
  db: Db,
  mark: { userId: string; email: string; at: Date },
): Promise<boolean> {
  const result = await on(db)
    .updateTable('users')
    .set({ email_verified: true, updated_at: mark.at })
    .where('id', '=', mark.userId)
    .where('email', '=', mark.email)
    .where('email_verified', '=', false)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
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

/** See `users-in-bulk.ts`: the ids of those that are new. */
export function insertUsersInBulk(tx: Db, input: BulkInput): Promise<Set<string>> {
  return bulkInsert(tx, input);
}

/** See `users-in-bulk.ts`: ids by e-mail of those that exist and were updated. */
export function updateUsersInBulk(tx: Db, input: BulkInput): Promise<Map<string, string>> {
  return bulkUpdate(tx, input);
}

/** See `users-in-bulk.ts`: who collides, by e-mail. */
export function findCollisions(db: Db, input: BulkInput): Promise<Map<string, 'email' | 'other'>> {
  return bulkCollisions(db, input);
}

/** See `users-in-bulk.ts`: those of the e-mails whose user this import has written. */
export function findWrittenByImport(
  db: Db,
  input: { connectionId: string; jobId: string; emails: string[] },
): Promise<Set<string>> {
  return bulkWritten(db, input);
}

/** See `users-in-bulk.ts`: those of the e-mails that belong to a linked identity. */
export function findLinkedEmails(
  db: Db,
  input: { connectionId: string; emails: string[] },
): Promise<Set<string>> {
  return bulkLinked(db, input);
}

/** See `search-users.ts`: reads the text of a search; what is wrong with it is data. */
export function prepareUserSearch(q: string): Prepared {
  return prepareSearch(q);
}

/**
 * A page of the users that match.
 * @param page by offset, which the caller bounds, or after an id in the order of ids
 * @param countUpTo also says how many match, up to this many
 */
export function searchUsers(
  db: Db,
  input: {
    search: UserSearch;
    page:
      | { kind: 'offset'; offset: number; limit: number; order: UserOrder; countUpTo?: number }
      | { kind: 'after'; afterId: string | null; limit: number };
    timeLimitMs: number;
  },
): Promise<Found> {
  const { page } = input;
  if (page.kind === 'after') return findBySearch(db, { ...input, page });
  return findBySearch(db, { ...input, page: { ...page, order: columnOrder(page.order) } });
}

/** See `search-users.ts`: the next users of a connection that match, without a time limit. */
export function searchUsersById(
  db: Db,
  input: { search: UserSearch; connectionId: string; afterId: string | null; limit: number },
): Promise<User[]> {
  return matchesById(db, input);
}
