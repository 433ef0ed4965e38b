import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { on } from './connection-row.ts';

/**
 * What stands in the way of a connection: another that is asked for by one of these names, or another one of its strategy for the whole
 * domain.
 */
export async function rivalOf(
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

/** Which of these a realm means: the one of that name, else the one that has it among its realms. */
export function connectionOfRealm<T extends { name: string; realms: string[] }>(
  connections: T[],
  realm: string,
): T | undefined {
  return (
    connections.find((one) => one.name === realm) ??
    connections.find((one) => one.realms.includes(realm))
  );
}
