import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { on, toUser, type User } from './user-row.ts';

/** An account that nobody else changes until the transaction ends. */
export type HeldAccount = {
  /** What a password belongs to: a user, or an identity that is linked to one. */
  account: User;
  /** Whom it logs in: the account itself, or the user it is linked to. */
  person: User;
};

/** Waits for whoever changes the account, and keeps others waiting until the transaction ends. null: it is gone */
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

/** Waits for whoever changes these accounts, and keeps all of them as they are until the transaction ends. */
export async function holdAccounts(tx: Db, ids: string[]): Promise<void> {
  await on(tx)
    .selectFrom('users')
    .select('id')
    .where(sql<SqlBool>`id = any(${ids}::text[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}
