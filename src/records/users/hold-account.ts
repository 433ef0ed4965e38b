import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { on, toUser, type User } from './user-row.ts';

/** An account that is locked until the transaction ends. */
export type HeldAccount = {
  /** The owner of the password: a user, or an identity linked to one. */
  account: User;
  /** The user whom it logs in: the account itself, or the user it is linked to. */
  person: User;
};

/** Locks the account until the transaction ends. Returns `null` if it was deleted. */
export async function holdAccount(tx: Db, id: string): Promise<HeldAccount | null> {
  const rows = await on(tx)
    .selectFrom('users')
    .selectAll()
    .where(sql<SqlBool>`(id = ${id} or id = (select linked_to from users where id = ${id}))`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const users = rows.map(toUser);
  const account = users.find((user) => user.id === id);
  if (!account) return null;
  const person = account.linkedTo === null ? account : users.find((u) => u.id === account.linkedTo);
  return person ? { account, person } : null;
}

/** Locks these accounts with everything that is linked to them or to which they are linked, and returns all. */
export async function holdPeople(tx: Db, ids: string[]): Promise<User[]> {
  const rows = await on(tx)
    .selectFrom('users')
    .selectAll()
    .where(
      sql<SqlBool>`id in (
        select coalesce(u.linked_to, u.id) from users u where u.id = any(${ids}::text[])
        union select i.id from users u join users i on i.linked_to = coalesce(u.linked_to, u.id) where u.id = any(${ids}::text[]))`,
    )
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  return rows.map(toUser);
}

/** Locks these accounts until the transaction ends. */
export async function holdAccounts(tx: Db, ids: string[]): Promise<void> {
  await on(tx)
    .selectFrom('users')
    .select('id')
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}
