import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { RESERVED_USERS_PATTERN } from '../../platform/ids/ids.ts';
import type { BulkUser as BulkRecord, NewBulkUser as NewBulkRecord } from './bulk-user.ts';
import * as forms from './canonicalize-users.ts';
import * as proofs from './first-proof.ts';
import * as holds from './hold-account.ts';
import * as identities from './identities.ts';
import * as knowns from './known-in-bulk.ts';
import * as lists from './list-users.ts';
import * as removals from './remove-users.ts';
import * as searches from './search-users.ts';
import * as profiles from './shown-profile.ts';
import { keptEmail } from './user-identifiers.ts';
import * as orders from './user-order.ts';
import { on, toNoted, toUser, type User as UserRecord, users, withEpoch } from './user-row.ts';
import * as bulk from './users-in-bulk.ts';
import * as writes from './write-user.ts';

export type User = UserRecord;
export type NewUser = writes.NewUser;
export type UserChanges = writes.UserChanges;
export type BulkUser = BulkRecord;
export type NewBulkUser = NewBulkRecord;
export type KnownUser = knowns.Known;
export type UserSearch = searches.PreparedSearch;
export type UserOrder = orders.UserOrder;
export type HeldAccount = holds.HeldAccount;
export type Account = identities.Account;
export type LinkOutcome = identities.LinkOutcome;

export async function findUser(db: Db, id: string): Promise<User | null> {
  const row = await withEpoch(db)
    .where('id', '=', id)
    .where('linked_to', 'is', null)
    .executeTakeFirst();
  return row ? toNoted(row) : null;
}

/** @param key.email compared in the one form that e-mails are kept in */
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

/**
 * People of all connections who have this e-mail, in whatever form it is written, themselves or by a linked identity; no
 * administrators.
 */
export async function findUsersByEmail(db: Db, email: string): Promise<User[]> {
  const rows = await users(db)
    .selectAll()
    .where(
      sql<SqlBool>`id in (select coalesce(linked_to, id) from users where email = ${keptEmail(email)} limit 100)`,
    )
    .where('id', 'not like', RESERVED_USERS_PATTERN)
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
    .where(sql<SqlBool>`email = any(${key.emails.map(keptEmail)}::text[])`)
    .where('connection_id', '=', key.connectionId)
    .execute();
  return rows.map(toUser);
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

/** See `list-users.ts`: the next users in the order of their ids. */
export const usersById = lists.pageAfter;
export const countUsers = lists.countAll;
export const countUsersUpTo = lists.countUpTo;

/** See `canonicalize-users.ts`: names from before there was one form of them. */
export const canonicalizeUsers = forms.canonicalizeAll;

/** See `write-user.ts`: one user. */
export const insertUser = writes.addUser;
export const updateUser = writes.changeUser;
export const grantMetadata = writes.mergeMetadata;

/** See `first-proof.ts`: an account that somebody shows to be theirs. */
export const holdForProof = proofs.lockForProof;
/** See `first-proof.ts`: whether nobody has shown yet that an account somebody signed up with is theirs. */
export const isUnproven = proofs.isAwaitingProof;
export const settleProof = proofs.writeProof;

/** See `remove-users.ts`: users with the identities that are linked to them. */
export const deleteUser = removals.removeUser;
export const deleteUserWithoutPassword = removals.removeWithoutPassword;
export const deleteUsersOfConnection = removals.removeOfConnection;

/** See `identities.ts`: users, and identities that are linked to one (`linkedTo` says to whom). */
export const findAccount = identities.accountById;
export const findAccounts = identities.accountsById;
export const findAccountByEmail = identities.accountByEmail;
/** See `identities.ts`: whose account somebody means who types this into a login form. */
export const findAccountByIdentifier = identities.accountByIdentifier;

/** See `hold-account.ts`: an account that nobody else changes until the transaction ends. */
export const holdAccount = holds.hold;
/** See `identities.ts`: the identities that are linked to each of these users, the oldest link first. */
export const linkedIdentities = identities.identitiesOf;
/** See `identities.ts`: makes a user an identity of another. */
export const linkUser = identities.linkAccounts;
/** See `identities.ts`: makes an identity that has not been seen here before one of a user. */
export const linkNewIdentity = identities.linkNew;
/** See `identities.ts`: makes a linked identity a user of its own again; false when it is not linked to this user. */
export const unlinkIdentity = identities.unlink;

/** See `users-in-bulk.ts`: the ids of those that are new. */
export const insertUsersInBulk = bulk.bulkInsert;
/** See `users-in-bulk.ts`: who was there, and what was written. */
export const updateUsersInBulk = bulk.bulkUpdate;
/** See `users-in-bulk.ts`: who collides, by e-mail. */
export const findCollisions = bulk.bulkCollisions;
/** See `known-in-bulk.ts`: who is there already. */
export const findKnownUsers = knowns.bulkKnown;
/** See `users-in-bulk.ts`: whether an update writes anything. */
export const isChanged = bulk.differs;

/** See `search-users.ts`: reads the text of a search; what is wrong with it is data. */
export const prepareUserSearch = searches.prepareSearch;

/** By what users can be put in order. */
export const userOrders = orders.userOrders;

/** A page by offset; the caller bounds `offset + limit`. null: it took too long. */
export function pageOfUsers(
  db: Db,
  page: { offset: number; limit: number; order: UserOrder; timeLimitMs: number },
): Promise<User[] | null> {
  return searches.pageInOrder(db, { ...page, order: orders.columnOrder(page.order) });
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
): Promise<searches.Found> {
  const { page } = input;
  if (page.kind === 'after') return searches.findBySearch(db, { ...input, page });
  const order = orders.columnOrder(page.order);
  return searches.findBySearch(db, { ...input, page: { ...page, order } });
}

/** See `search-users.ts`: the next users of a connection that match, without a time limit. */
export const searchUsersById = searches.matchesById;

/** See `shown-profile.ts`: the name of somebody who has given none, too. */
export const shownName = profiles.nameOf;
