import { type SqlBool, sql } from 'kysely';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { keptPhoneNumber, withoutTheirNames } from './user-identifiers.ts';
import { on } from './user-row.ts';
import { updateUser } from './write-user.ts';

const BATCH = 500;

/**
 * Brings names that were kept before there was one form into it. Who would get another's name by that stays as they are, and is found by
 * the former form. May be interrupted, and run on any number of nodes at once.
 * @returns the ids of those who share a name with another: the name is the other's by now, the account is theirs
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

/** Looks again, now that nobody else changes the user. */
async function canonicalizeOne(tx: Db, id: string): Promise<void> {
  const user = await on(tx)
    .selectFrom('users')
    .select(['email', 'phone_number', 'updated_at'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  const changes = user && inForm(user);
  // Nobody has changed anything that others would want to hear of.
  if (changes) await updateUser(tx, id, changes, user.updated_at);
}

/** The names as they are kept now; null: they are already. */
function inForm(user: { email: string | null; phone_number: string | null }) {
  const email = user.email && canonicalIdentifier(user.email);
  const phoneNumber = user.phone_number && keptPhoneNumber(user.phone_number);
  return email === user.email && phoneNumber === user.phone_number ? null : { email, phoneNumber };
}
