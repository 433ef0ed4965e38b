import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { on } from './connection-row.ts';

/**
 * Returns why a connection conflicts with another one: `realm` if they share a realm, `domain` if another one of its strategy is for the
 * whole domain, `null` if it does not.
 */
export async function findConnectionConflict(
  db: Db,
  connection: { id: string; strategy: string; realms: string[]; isDomain: boolean },
): Promise<'realm' | 'domain' | null> {
  const others = on(db)
    .selectFrom('connections')
    .select('id')
    .where('deleted_at', 'is', null)
    .where('id', '<>', connection.id)
    .limit(1);
  const byRealm = others.where(
    sql<SqlBool>`exists (select 1 from jsonb_array_elements_text(realms) as r (realm)
      where r.realm = any(${connection.realms}::text[]))`,
  );
  if (await byRealm.executeTakeFirst()) return 'realm';
  if (!connection.isDomain) return null;
  const byDomain = others
    .where('strategy', '=', connection.strategy)
    .where(sql<SqlBool>`settings->>'is_domain_connection' = 'true'`);
  return (await byDomain.executeTakeFirst()) ? 'domain' : null;
}

/** Returns the connection of a realm: the one with that name, else the one that lists it as a realm. */
export function connectionOfRealm<T extends { name: string; realms: string[] }>(
  connections: T[],
  realm: string,
): T | undefined {
  return (
    connections.find((connection) => connection.name === realm) ??
    connections.find((connection) => connection.realms.includes(realm))
  );
}
