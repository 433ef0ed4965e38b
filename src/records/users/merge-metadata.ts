import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import type { BulkInput, BulkUser } from './bulk-user.ts';

type Json = Record<string, unknown>;

/** The users of an import, those with partial metadata with all of theirs. Holds the rows of these until the transaction ends. */
export async function withMergedMetadata(tx: Db, input: BulkInput): Promise<BulkUser[]> {
  const partial = input.users.filter((user) => user.partial);
  if (partial.length === 0) return input.users;
  const emails = partial.map((user) => user.email);
  const { rows } = await sql<{ email: string; app_metadata: Json; user_metadata: Json }>`
    select email, app_metadata, user_metadata from users
    where email = any(${emails}::text[]) and connection_id = ${input.connectionId}
    order by email for update`.execute(tx);
  const known = new Map(rows.map((row) => [row.email, row]));
  return input.users.map((user) => {
    const before = user.partial ? known.get(user.email) : undefined;
    if (!before) return user;
    const { appMetadata, userMetadata, partial } = user;
    return {
      ...user,
      ...(appMetadata &&
        partial?.includes('app_metadata') && {
          appMetadata: merged(before.app_metadata, appMetadata),
        }),
      ...(userMetadata &&
        partial?.includes('user_metadata') && {
          userMetadata: merged(before.user_metadata, userMetadata),
        }),
    };
  });
}

function merged(before: Json | null, part: Json): Json {
  const result = new Map(Object.entries(before ?? {}));
  for (const [key, value] of Object.entries(part)) {
    const there = result.get(key);
    result.set(key, isObject(value) ? mergedInto(there, value) : value);
  }
  return Object.fromEntries(result);
}

/** A path into a list names the places of its elements. */
function mergedInto(there: unknown, part: Json): unknown {
  if (isObject(there)) return merged(there, part);
  const isPlaces =
    Array.isArray(there) &&
    Object.keys(part).every((key) => /^\d+$/.test(key) && +key < there.length);
  return isPlaces ? there.map((one, place) => part[place] ?? one) : part;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
