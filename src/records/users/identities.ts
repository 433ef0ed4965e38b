import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import { on, toNoted, toUser, type User, withEpoch } from './user-row.ts';
import { insertUser, type NewUser, updateUser } from './write-user.ts';

/** The account of an email address, username or phone number in a connection. */
export type Account = {
  /** The identity, to which a password belongs. */
  id: string;
  /** The user. Also blocked if only the identity was blocked. */
  user: User;
  /** Whether it comes from a sign-up whose address was never proved. */
  awaitsProof: boolean;
};

/** Returns a user, or an identity linked to one (`linkedTo` has the user), or `null`. */
export async function findAccount(db: Db, id: string): Promise<User | null> {
  const row = await withEpoch(db).where('id', '=', id).executeTakeFirst();
  return row ? toNoted(row) : null;
}

/** Returns users, and identities linked to one. */
export async function findAccounts(db: Db, ids: string[]): Promise<User[]> {
  if (ids.length === 0) return [];
  const rows = await on(db)
    .selectFrom('users')
    .selectAll()
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .execute();
  return rows.map(toUser);
}

/** Returns the user or linked identity with this email address in a connection, or `null`. */
export async function findAccountByEmail(
  db: Db,
  key: { connectionId: string; email: string },
): Promise<User | null> {
  const row = await withEpoch(db)
    .where('email', '=', canonicalIdentifier(key.email))
    .where('connection_id', '=', key.connectionId)
    .executeTakeFirst();
  return row ? toNoted(row) : null;
}

/**
 * Takes an unverified email address from the account that has it in a connection, for a person for whom it is verified. Needs a transaction.
 * @returns whether the address is free now: false if the other account has it verified
 */
export async function freeAddress(
  tx: Db,
  key: { connectionId: string; email: string; at: Date },
): Promise<boolean> {
  // Waits for a proof of the address that is under way, and reads its outcome.
  const holder = await on(tx)
    .selectFrom('users')
    .select(['id', 'email_verified'])
    .where('email', '=', canonicalIdentifier(key.email))
    .where('connection_id', '=', key.connectionId)
    .forUpdate()
    .executeTakeFirst();
  if (holder === undefined) return true;
  if (holder.email_verified) return false;
  return (await updateUser(tx, holder.id, { email: null }, key.at)).kind === 'updated';
}

/** Kinds of identifiers in a connection. */
export type IdentifierKind = 'email' | 'phoneNumber' | 'username';

export type IdentifierKey = {
  connectionId: string;
  /** As typed. */
  identifier: string;
  /** Possible kinds, the most likely first. Default: all. */
  by?: readonly IdentifierKind[];
};

/** Returns the account of an identifier typed into a login form, or `null`. */
export async function findAccountByIdentifier(db: Db, key: IdentifierKey): Promise<Account | null> {
  const found = await identified(db, key);
  if (!found) return null;
  const awaitsProof = found.isUnproven && found.email !== null;
  if (found.linkedTo === null) return { id: found.id, user: found, awaitsProof };
  const user = await findAccount(db, found.linkedTo);
  if (!user) return null;
  const blocked = found.blocked === true || user.blocked === true ? true : user.blocked;
  return { id: found.id, user: { ...user, blocked }, awaitsProof };
}

const ANY = ['email', 'phoneNumber', 'username'] as const;
const COLUMNS = { email: 'email', phoneNumber: 'phone_number', username: 'username' } as const;

async function identified(
  db: Db,
  { connectionId, identifier, by = ANY }: IdentifierKey,
): Promise<User | null> {
  for (const kind of by) {
    const [kept, ...former] = FORMS[kind](identifier);
    if (kept === undefined) continue;
    const row = await withEpoch(db)
      .where(COLUMNS[kind], 'in', [kept, ...former])
      .where('connection_id', '=', connectionId)
      // An older account whose address could not become canonical is found by the typed form.
      .orderBy(sql`${sql.ref(COLUMNS[kind])} = ${kept}`)
      .executeTakeFirst();
    if (row) return toNoted(row);
  }
  return null;
}

/** Stored forms of a typed identifier per kind: the canonical one, and the older one. */
const FORMS: Record<IdentifierKind, (typed: string) => string[]> = {
  email: (typed) =>
    typed.includes('@') ? storable([canonicalIdentifier(typed), typed.trim().toLowerCase()]) : [],
  phoneNumber(typed) {
    const number = canonicalPhoneNumber(typed);
    return number === null ? [] : storable([number, typed.trim()]);
  },
  username: (typed) => storable([canonicalIdentifier(typed), typed.trim().toLowerCase()]),
};

/** Omits texts that cannot be stored: PostgreSQL text has no NUL, and identifiers have a maximum length. */
function storable(names: string[]): string[] {
  return [...new Set(names)].filter(
    (name) => name !== '' && name.length <= 320 && !name.includes('\0') && name.isWellFormed(),
  );
}

/** Returns the linked identities of each user, the oldest link first. */
export async function linkedIdentities(db: Db, userIds: string[]): Promise<Map<string, User[]>> {
  const found = new Map<string, User[]>();
  if (userIds.length === 0) return found;
  const rows = await on(db)
    .selectFrom('users')
    .selectAll()
    .where('linked_to', 'is not', null)
    .where(sql<SqlBool>`linked_to = any(${userIds}::text[])`)
    .orderBy('linked_at')
    .orderBy('id')
    .execute();
  for (const row of rows) {
    const userId = row.linked_to ?? '';
    found.set(userId, [...(found.get(userId) ?? []), toUser(row)]);
  }
  return found;
}

export type Link = {
  /** The user who gets the identity. */
  userId: string;
  /** The user who becomes an identity. */
  identityId: string;
  now: Date;
};

export type LinkOutcome =
  | { kind: 'linked' }
  /** The user for the identity was deleted, or has become an identity. */
  | { kind: 'user-missing' }
  | { kind: 'identity-missing' }
  /** The identity is linked already, to this user or another. */
  | { kind: 'taken' };

/**
 * Makes a user an identity of another user. The user is deleted with all data, so that everything that refers to users is handled; linked
 * identities move along. The row returns at once as an identity, with its profile and without metadata. Keep its password across the call.
 * Needs a transaction.
 */
export async function linkUser(tx: Db, input: Link): Promise<LinkOutcome> {
  const { userId, identityId, now } = input;
  // Both in the order of their ids, so that two opposite links wait for each other instead of a deadlock.
  const rows = await on(tx)
    .selectFrom('users')
    .selectAll()
    .where(sql<SqlBool>`id = any(${[userId, identityId]}::text[])`)
    .orderBy('id')
    .forUpdate()
    .execute();
  const user = rows.find((row) => row.id === userId);
  const identity = rows.find((row) => row.id === identityId);
  if (!user || user.linked_to !== null) return { kind: 'user-missing' };
  if (!identity) return { kind: 'identity-missing' };
  if (identity.linked_to !== null) return { kind: 'taken' };
  await on(tx)
    .updateTable('users')
    .set({ linked_to: userId })
    .where('linked_to', '=', identityId)
    .execute();
  await on(tx).deleteFrom('users').where('id', '=', identityId).execute();
  await on(tx)
    .insertInto('users')
    .values({
      ...identity,
      app_metadata: null,
      user_metadata: null,
      mfa_factors: null,
      linked_to: userId,
      linked_at: now,
      updated_at: now,
    })
    .execute();
  await touch(tx, userId, now);
  return { kind: 'linked' };
}

/** Links a new identity, which nobody has yet, to a user. Needs a transaction. */
export async function linkNewIdentity(
  tx: Db,
  input: { userId: string; identity: NewUser },
): Promise<LinkOutcome> {
  const { userId, identity } = input;
  const user = await on(tx)
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('linked_to', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!user) return { kind: 'user-missing' };
  const added = await insertUser(tx, identity);
  if (added.kind === 'duplicate') return { kind: 'taken' };
  await on(tx)
    .updateTable('users')
    .set({ linked_to: userId, linked_at: identity.now })
    .where('id', '=', added.user.id)
    .execute();
  await touch(tx, userId, identity.now);
  return { kind: 'linked' };
}

/** Makes a linked identity a user again. Returns false if it is not linked to this user. */
export async function unlinkIdentity(
  tx: Db,
  input: { userId: string; identityId: string; now: Date },
): Promise<boolean> {
  const result = await on(tx)
    .updateTable('users')
    .set({ linked_to: null, linked_at: null, updated_at: input.now })
    .where('id', '=', input.identityId)
    .where('linked_to', '=', input.userId)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await touch(tx, input.userId, input.now);
  return true;
}

async function touch(tx: Db, userId: string, now: Date): Promise<void> {
  await on(tx).updateTable('users').set({ updated_at: now }).where('id', '=', userId).execute();
}
