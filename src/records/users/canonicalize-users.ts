import { type SqlBool, sql } from 'kysely';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { keptPhoneNumber, withoutTheirNames } from './user-identifiers.ts';
import { on } from './user-row.ts';
import { updateUser } from './write-user.ts';

const BATCH = 500;

/**
 * Converts older identifiers to their canonical form. A user who would thereby get another user's identifier stays unchanged, and is found
 * by the former form. It can be interrupted, and run on several nodes at once.
 * @returns the ids of users who share an identifier with another: the identifier now belongs to the other, and the account stays theirs
 */
export async function canonicalizeUsers(db: Db): Promise<string[]> {
  const shared: string[] = [];
  for (;;) {
    const { rows } = await sql<{ user_id: string }>`
      select user_id from users_to_canonicalize order by user_id limit ${BATCH}`.execute(db);
    if (rows.length === 0) return shared;
    const ids = rows.map((row) => row.user_id);
    shared.push(...(await canonicalizeSome(db, ids)));
    await sql`delete from users_to_canonicalize where user_id = any(${ids}::text[])`.execute(db);
  }
}

async function canonicalizeSome(db: Db, ids: string[]): Promise<string[]> {
  const users = await on(db)
    .selectFrom('users')
    .selectAll()
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .execute();
  for (const user of users) {
    if (inForm(user) !== null) await transaction(db, (tx) => canonicalizeOne(tx, user.id));
  }
  const after = await on(db)
    .selectFrom('users')
    .select(['id', 'connection_id', 'email', 'username', 'phone_number'])
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .execute();
  return (await withoutTheirNames(db, after)).map((user) => user.id);
}

/** Reads the user again under a lock. */
async function canonicalizeOne(tx: Db, id: string): Promise<void> {
  const user = await on(tx)
    .selectFrom('users')
    .select(['email', 'phone_number', 'updated_at'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  const changes = user && inForm(user);
  // No change that others need to know about.
  if (changes) await updateUser(tx, id, changes, user.updated_at);
}

/** Returns the identifiers to change, or `null` if all are canonical. */
function inForm(user: { email: string | null; phone_number: string | null }) {
  const email = user.email && canonicalIdentifier(user.email);
  const phoneNumber = user.phone_number && keptPhoneNumber(user.phone_number);
  return email === user.email && phoneNumber === user.phone_number ? null : { email, phoneNumber };
}
