import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { RESERVED_USERS_PATTERN } from '../../platform/ids/ids.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { findAccountByEmail, findAccountByIdentifier } from './identities.ts';
import { withoutInvitedStatus } from './invited-status.ts';
import type { UserSearch } from './search-users.ts';
import * as searches from './search-users.ts';
import type { UserOrder } from './user-order.ts';
import * as orders from './user-order.ts';
import { on, toNoted, toUser, type User, users, withEpoch } from './user-row.ts';

export type { BulkUser, NewBulkUser } from './bulk-user.ts';
export { canonicalizeUsers } from './canonicalize-users.ts';
export { holdForProof, isUnproven, recordFirstProof } from './first-proof.ts';
export { grantMetadata } from './grant-metadata.ts';
export { type HeldAccount, holdAccount, holdAccounts, holdPeople } from './hold-account.ts';
export {
  type Account,
  findAccount,
  findAccountByEmail,
  findAccountByIdentifier,
  findAccounts,
  freeAddress,
  type LinkOutcome,
  linkedIdentities,
  linkNewIdentity,
  linkUser,
  unlinkIdentity,
} from './identities.ts';
export { endInvitedStatus, INVITED_STATUS } from './invited-status.ts';
export { findKnownUsers, type KnownUser } from './known-in-bulk.ts';
export { countUsers, countUsersUpTo, usersById } from './list-users.ts';
export {
  deleteUser,
  deleteUsersOfConnection,
  deleteUserWithoutPassword,
} from './remove-users.ts';
export { prepareUserSearch, searchUsersById, type UserSearch } from './search-users.ts';
export { shownName } from './shown-profile.ts';
export { type UserOrder, userOrders } from './user-order.ts';
export type { User } from './user-row.ts';
export {
  findCollisions,
  insertUsersInBulk,
  isChanged,
  updateUsersInBulk,
} from './users-in-bulk.ts';
export {
  insertUser,
  type NewUser,
  type UserChanges,
  updateUser,
} from './write-user.ts';

export async function findUser(db: Db, id: string): Promise<User | null> {
  const row = await withEpoch(db)
    .where('id', '=', id)
    .where('linked_to', 'is', null)
    .executeTakeFirst();
  return row ? toNoted(row) : null;
}

/**
 * Returns the user with this email address, or `null`.
 * @param key.email compared in canonical form
 */
export async function findUserByEmail(
  db: Db,
  key: { connectionId: string; email: string },
): Promise<User | null> {
  const account = await findAccountByEmail(db, key);
  return account?.linkedTo === null ? account : null;
}

/** Finds a user by an identifier typed into a login form: email address, phone number or username. */
export async function findUserByIdentifier(
  db: Db,
  key: { connectionId: string; identifier: string },
): Promise<User | null> {
  return (await findAccountByIdentifier(db, key))?.user ?? null;
}

/** Keeps users, and identities linked to one, from being deleted or linked before the commit. @returns the ids of the existing ones */
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

/** Returns users of all connections with this email address in any form, their own or that of a linked identity, without administrators. */
export async function findUsersByEmail(db: Db, email: string): Promise<User[]> {
  const rows = await users(db)
    .selectAll()
    .where(
      sql<SqlBool>`id in (select coalesce(linked_to, id) from users where email = ${canonicalIdentifier(email)} limit 100)`,
    )
    .where('id', 'not like', RESERVED_USERS_PATTERN)
    .orderBy('id')
    .execute();
  return rows.map(toUser);
}

/** Returns those of `emails` that have a user in the connection. It is one query, by the index. */
export async function findUsersByEmails(
  db: Db,
  key: { connectionId: string; emails: string[] },
): Promise<User[]> {
  if (key.emails.length === 0) return [];
  const rows = await users(db)
    .selectAll()
    .where(sql<SqlBool>`email = any(${key.emails.map(canonicalIdentifier)}::text[])`)
    .where('connection_id', '=', key.connectionId)
    .execute();
  return rows.map(toUser);
}

/** Takes the factors of the person's import, in the import's format, and removes them: one caller gets them. */
export async function takeImportedFactors(db: Db, userId: string): Promise<unknown[]> {
  const { rows } = await sql<{ factors: unknown }>`
    with old as materialized (select id, mfa_factors from users where id = ${userId} and mfa_factors is not null for update)
    update users set mfa_factors = null from old where users.id = old.id returning old.mfa_factors as factors`.execute(
    db,
  );
  const factors = rows[0]?.factors;
  return Array.isArray(factors) ? factors : [];
}

/** Returns whether the connection has any users. */
export async function hasUsers(db: Db, connectionId: string): Promise<boolean> {
  const row = await on(db)
    .selectFrom('users')
    .select('id')
    .where('connection_id', '=', connectionId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Counts a login, with its time and address. The first one ends the status of an invited user. */
export async function recordLogin(
  db: Db,
  login: { userId: string; ip: string; at: Date },
): Promise<void> {
  await on(db)
    .updateTable('users')
    .set({
      last_login: login.at,
      last_ip: login.ip,
      logins_count: sql`logins_count + 1`,
      app_metadata: sql`${withoutInvitedStatus}`,
    })
    .where('id', '=', login.userId)
    .execute();
}

/** Records that the user has set a new password. */
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

/** Returns a page by offset, or `null` if it takes too long. The caller limits `offset + limit`. */
export function pageOfUsers(
  db: Db,
  page: { offset: number; limit: number; order: UserOrder; timeLimitMs: number },
): Promise<User[] | null> {
  return searches.pageInOrder(db, { ...page, order: orders.columnOrder(page.order) });
}

/**
 * Returns a page of matching users.
 * @param page by offset, which the caller limits, or after an id in the order of ids
 * @param countUpTo also counts the matches, up to this number
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
): Promise<searches.Found> {
  const { page } = input;
  if (page.kind === 'after') return searches.findBySearch(db, { ...input, page });
  const order = orders.columnOrder(page.order);
  return searches.findBySearch(db, { ...input, page: { ...page, order } });
}
