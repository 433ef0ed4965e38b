import { type SqlBool, sql } from 'kysely';
import { type Db, transaction } from '../../platform/db/db.ts';
import { keptEmail, keptPhoneNumber, namesOf } from './user-identifiers.ts';
import { on } from './user-row.ts';
import { changeUser } from './write-user.ts';

/** Two people of one user store from before the one space of names: this one keeps the account, the name is the other's. */
export type SharedName = { userId: string; name: string };

const BATCH = 500;

/**
 * Brings names that were kept before there was one form into it. Who would get another's name by that stays as they are, and is found by
 * the former form. May be interrupted, and run on any number of nodes at once.
 * @returns who shares a name with another
 */
export async function canonicalizeAll(db: Db): Promise<SharedName[]> {
  const shared: SharedName[] = [];
  for (;;) {
    const { rows } = await sql<{ user_id: string }>`
      select user_id from users_to_canonicalize order by user_id limit ${BATCH}`.execute(db);
    if (rows.length === 0) return shared;
    const ids = rows.map((row) => row.user_id);
    shared.push(...(await canonicalizeSome(db, ids)));
    await sql`delete from users_to_canonicalize where user_id = any(${ids}::text[])`.execute(db);
  }
}

async function canonicalizeSome(db: Db, ids: string[]): Promise<SharedName[]> {
  const users = await on(db)
    .selectFrom('users')
    .selectAll()
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .execute();
  for (const user of users) {
    const email = user.email && keptEmail(user.email);
    const phoneNumber = user.phone_number && keptPhoneNumber(user.phone_number);
    if (email === user.email && phoneNumber === user.phone_number) continue;
    // Nobody has changed anything that others would want to hear of.
    await transaction(db, (tx) => changeUser(tx, user.id, { email, phoneNumber }, user.updated_at));
  }
  const { rows } = await sql<{ id: string; email: string; username: string; phone_number: string }>`
    select id, email, username, phone_number from users where id = any(${ids}::text[])`.execute(db);
  const held = await sql<{ identifier: string; user_id: string }>`
    select identifier, user_id from user_identifiers
    where identifier = any(${rows.flatMap(namesOf)}::text[])`.execute(db);
  const theirs = new Set(held.rows.map((row) => JSON.stringify([row.user_id, row.identifier])));
  return rows.flatMap((row) =>
    namesOf(row).flatMap((name) =>
      theirs.has(JSON.stringify([row.id, name])) ? [] : [{ userId: row.id, name }],
    ),
  );
}
