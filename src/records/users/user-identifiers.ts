import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';

/** A user's identifiers, as in the users table. */
export type Names = { email: string | null; username: string | null; phone_number: string | null };

export type Owner = Names & { id: string; connection_id: string };

/** Returns a number in its stored form. An older value that is no phone number stays as it is. */
export const keptPhoneNumber = (number: string): string => canonicalPhoneNumber(number) ?? number;

/** Returns a user's distinct identifiers: a username may equal the email address. */
export function namesOf({ email, username, phone_number: phone }: Names): string[] {
  return [...new Set([email, username, phone])].filter((name) => name !== null);
}

/**
 * Takes identifiers for a user of a connection, all or none.
 * @returns false if another user has one of them, as an email address, username or phone number
 */
export async function takeNames(
  tx: Db,
  owner: { id: string; connection_id: string },
  names: string[],
): Promise<boolean> {
  if (names.length === 0) return true;
  // In a fixed order, so that two requests for the same identifiers wait instead of a deadlock.
  const { rows } = await sql<{ identifier: string }>`
    insert into user_identifiers (identifier, connection_id, user_id)
    select identifier, ${owner.connection_id}, ${owner.id} from unnest(${[...names].sort()}::text[]) as v (identifier)
    on conflict do nothing returning identifier`.execute(tx);
  if (rows.length === names.length) return true;
  const taken = rows.map((row) => row.identifier);
  await releaseNames(tx, [{ ...owner, names: taken }]);
  return false;
}

/** Releases the user's identifiers. Those of other users stay. */
export async function releaseNames(
  tx: Db,
  owners: { id: string; connection_id: string; names: string[] }[],
): Promise<void> {
  const all = owners.flatMap(({ names, ...owner }) => names.map((name) => ({ ...owner, name })));
  if (all.length === 0) return;
  await sql`
    delete from user_identifiers as held using unnest(${all.map((each) => each.name)}::text[],
      ${all.map((each) => each.connection_id)}::text[], ${all.map((each) => each.id)}::text[]) as v (identifier, connection_id, user_id)
    where held.identifier = v.identifier and held.connection_id = v.connection_id and held.user_id = v.user_id`.execute(
    tx,
  );
}

/** Releases all identifiers of users who have just been deleted. */
export async function releaseNamesOf(tx: Db, gone: Owner[]): Promise<void> {
  await releaseNames(
    tx,
    gone.map((owner) => ({
      id: owner.id,
      connection_id: owner.connection_id,
      names: namesOf(owner),
    })),
  );
}

/** Returns the owners who lack one of their identifiers because another user has it. */
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
