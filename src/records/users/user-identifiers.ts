import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';

/** What logs somebody in, as it is in the users table. */
export type Names = { email: string | null; username: string | null; phone_number: string | null };

export type Owner = Names & { id: string; connection_id: string };

/** A number as it is kept. What is no phone number, of people from before the rule, stays as it is. */
export const keptPhoneNumber = (number: string): string => canonicalPhoneNumber(number) ?? number;

/** Each of somebody's names once: a user name may be one's own e-mail. */
export function namesOf({ email, username, phone_number: phone }: Names): string[] {
  return [...new Set([email, username, phone])].filter((name) => name !== null);
}

/**
 * Makes names somebody's in a user store, all of them or none.
 * @returns false when one of them is another's, whether as an e-mail, a user name or a phone number
 */
export async function takeNames(
  tx: Db,
  owner: { id: string; connection_id: string },
  names: string[],
): Promise<boolean> {
  if (names.length === 0) return true;
  // In one order, so that two who want the same names wait for each other instead of locking up.
  const { rows } = await sql<{ identifier: string }>`
    insert into user_identifiers (identifier, connection_id, user_id)
    select identifier, ${owner.connection_id}, ${owner.id} from unnest(${[...names].sort()}::text[]) as v (identifier)
    on conflict do nothing returning identifier`.execute(tx);
  if (rows.length === names.length) return true;
  const taken = rows.map((row) => row.identifier);
  await releaseNames(tx, [{ ...owner, names: taken }]);
  return false;
}

/** Frees names that are theirs; of others' it leaves the hands off. */
export async function releaseNames(
  tx: Db,
  owners: { id: string; connection_id: string; names: string[] }[],
): Promise<void> {
  const all = owners.flatMap(({ names, ...owner }) => names.map((name) => ({ ...owner, name })));
  if (all.length === 0) return;
  await sql`
    delete from user_identifiers as held using unnest(${all.map((one) => one.name)}::text[],
      ${all.map((one) => one.connection_id)}::text[], ${all.map((one) => one.id)}::text[]) as v (identifier, connection_id, user_id)
    where held.identifier = v.identifier and held.connection_id = v.connection_id and held.user_id = v.user_id`.execute(
    tx,
  );
}

/** The same for users who have just been deleted, with all their names. */
export async function releaseNamesOf(tx: Db, gone: Owner[]): Promise<void> {
  await releaseNames(
    tx,
    gone.map((one) => ({ id: one.id, connection_id: one.connection_id, names: namesOf(one) })),
  );
}

/** Those of whom a name is another's. */
export async function withoutTheirNames<T extends Owner>(tx: Db, owners: T[]): Promise<T[]> {
  const { rows } = await sql<{ identifier: string; connection_id: string; user_id: string }>`
    select identifier, connection_id, user_id from user_identifiers
    where identifier = any(${owners.flatMap(namesOf)}::text[])`.execute(tx);
  const key = (...parts: string[]) => JSON.stringify(parts);
  const held = new Set(rows.map((row) => key(row.user_id, row.connection_id, row.identifier)));
  return owners.filter((owner) =>
    namesOf(owner).some((name) => !held.has(key(owner.id, owner.connection_id, name))),
  );
}
