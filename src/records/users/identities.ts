import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import { on, toNoted, toUser, type User, withEpoch } from './user-row.ts';

/** Whom somebody means by an e-mail, username or phone number in a user store. */
export type Account = {
  /** The identity: what a password belongs to. */
  id: string;
  /** Who it is. Blocked also when only the identity was. */
  user: User;
  /** Somebody has signed up with its address, and nobody has shown yet that it is theirs. */
  awaitsProof: boolean;
};

/** A user, or an identity that is linked to one (`linkedTo` says to whom). */
export async function findAccount(db: Db, id: string): Promise<User | null> {
  const row = await withEpoch(db).where('id', '=', id).executeTakeFirst();
  return row ? toNoted(row) : null;
}

/** Users, and identities that are linked to one. */
export async function findAccounts(db: Db, ids: string[]): Promise<User[]> {
  if (ids.length === 0) return [];
  const rows = await on(db)
    .selectFrom('users')
    .selectAll()
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .execute();
  return rows.map(toUser);
}

/** Who has this e-mail in a connection, as a user or as a linked identity. */
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

/** How people are told apart in a user store. */
export type IdentifierKind = 'email' | 'phoneNumber' | 'username';

export type IdentifierKey = {
  connectionId: string;
  /** As typed. */
  identifier: string;
  /** What it may be, the likeliest first; anything unless told. */
  by?: readonly IdentifierKind[];
};

/** Whose account somebody means who types this into a login form. */
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
      // Somebody from before the one form whose address nobody could bring into it goes by what is typed.
      .orderBy(sql`${sql.ref(COLUMNS[kind])} = ${kept}`)
      .executeTakeFirst();
    if (row) return toNoted(row);
  }
  return null;
}

/** How what was typed may be kept as one kind of name: in the one form, and as it was kept before there was one. */
const FORMS: Record<IdentifierKind, (typed: string) => string[]> = {
  email: (typed) =>
    typed.includes('@') ? storable([canonicalIdentifier(typed), typed.trim().toLowerCase()]) : [],
  phoneNumber(typed) {
    const number = canonicalPhoneNumber(typed);
    return number === null ? [] : storable([number, typed.trim()]);
  },
  username: (typed) => storable([canonicalIdentifier(typed), typed.trim().toLowerCase()]),
};

/** PostgreSQL has no NUL in text, so nobody is called that; and nobody's name is longer. */
function storable(names: string[]): string[] {
  return [...new Set(names)].filter(
    (name) => name !== '' && name.length <= 320 && !name.includes('\0') && name.isWellFormed(),
  );
}

/** The identities that are linked to each of these users, the oldest link first. */
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
  /** Who gets the identity. */
  userId: string;
  /** The user that becomes one. */
  identityId: string;
  now: Date;
};

export type LinkOutcome =
  | { kind: 'linked' }
  /** The one who was to get the identity is gone, or is an identity itself by now. */
  | { kind: 'user-missing' }
  | { kind: 'identity-missing' }
  /** It is linked already, to this user or to another. */
  | { kind: 'taken' };

/**
 * Makes a user an identity of another. As a user it disappears with all that belongs to it, by deletion, so that whatever refers to users
 * is taken care of; what has been linked to it goes along. The row comes back at once as an identity, with its profile, without metadata.
 * Keep its password over the call. Needs a transaction.
 */
export async function linkUser(tx: Db, input: Link): Promise<LinkOutcome> {
  const { userId, identityId, now } = input;
  // Both in the order of their ids: two links the other way round wait for each other.
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

/** Makes an identity that has not been seen here before one of a user. Needs a transaction. */
export async function linkNewIdentity(
  tx: Db,
  input: { userId: string; identityId: string; connectionId: string; now: Date },
): Promise<LinkOutcome> {
  const { userId, now } = input;
  const user = await on(tx)
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('linked_to', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!user) return { kind: 'user-missing' };
  const result = await on(tx)
    .insertInto('users')
    .values({
      id: input.identityId,
      connection_id: input.connectionId,
      linked_to: userId,
      linked_at: now,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return { kind: 'taken' };
  await touch(tx, userId, now);
  return { kind: 'linked' };
}

/** Makes a linked identity a user of its own again; false when it is not linked to this user. */
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
