import { type SqlBool, sql } from 'kysely';
import { type Db, pageAfter, pageAndCount } from '../../platform/db/db.ts';
import { RESERVED_IDS } from '../../platform/ids/ids.ts';
import { type Client, on, toClient } from './client-row.ts';
import type { ClientSettings } from './client-settings.ts';

/** URLs of an application, for its origins. */
export type ClientOrigins = Pick<ClientSettings, 'webOrigins' | 'allowedOrigins' | 'callbacks'>;

/** Returns the URLs of every client, for their origins. */
export async function originsOfClients(db: Db): Promise<ClientOrigins[]> {
  const rows = await on(db)
    .selectFrom('clients')
    .select([
      sql<string[] | null>`settings->'webOrigins'`.as('webOrigins'),
      sql<string[] | null>`settings->'allowedOrigins'`.as('allowedOrigins'),
      sql<string[] | null>`settings->'callbacks'`.as('callbacks'),
    ])
    .where('deleted_at', 'is', null)
    .execute();
  return rows.map(({ webOrigins, allowedOrigins, callbacks }) => ({
    webOrigins: webOrigins ?? [],
    allowedOrigins: allowedOrigins ?? [],
    callbacks: callbacks ?? [],
  }));
}

/** Returns the applications to which users of a connection can be led, because they have a URL to return to. Oldest first. */
export async function clientsToSignInTo(
  db: Db,
  { connectionId, limit }: { connectionId: string; limit: number },
): Promise<Client[]> {
  const rows = await on(db)
    .selectFrom('clients')
    .selectAll()
    .where('deleted_at', 'is', null)
    .where(
      sql<SqlBool>`id in (select client_id from connection_clients where connection_id = ${connectionId})`,
    )
    .where(sql<SqlBool>`settings->>'appType' is distinct from 'non_interactive'`)
    .where(
      sql<SqlBool>`(settings->>'initiateLoginUri' is not null or jsonb_array_length(settings->'callbacks') > 0)`,
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toClient);
}

export type ClientFilter = {
  appTypes?: string[];
  isFirstParty?: boolean;
  /** Only clients with a grant that this organization may use, or any organization. */
  grantFor?: { organizationId: string } | 'any';
};

/** Returns a page of clients, oldest first, and their total number. The console is never listed. */
export async function listClients(
  db: Db,
  options: ClientFilter & { offset: number; limit: number },
): Promise<{ clients: Client[]; total: number }> {
  const oldestFirst = filter(db, options).selectAll().orderBy('created_at').orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { clients: rows.map(toClient), total };
}

/** Returns clients in the order of their ids, for paging at constant speed. */
export async function clientsAfter(
  db: Db,
  options: ClientFilter & { afterId: string | null; limit: number },
): Promise<Client[]> {
  const rows = await pageAfter(filter(db, options).selectAll(), options);
  return rows.map(toClient);
}

function filter(db: Db, { appTypes, isFirstParty, grantFor }: ClientFilter) {
  return on(db)
    .selectFrom('clients')
    .where('deleted_at', 'is', null)
    .where('id', '<>', RESERVED_IDS.clientId)
    .$if(appTypes !== undefined, (q) =>
      q.where(sql<string>`settings->>'appType'`, 'in', appTypes ?? []),
    )
    .$if(isFirstParty !== undefined, (q) =>
      q.where(sql<string>`settings->>'isFirstParty'`, '=', String(isFirstParty)),
    )
    .$if(grantFor !== undefined, (q) =>
      q.where(sql<SqlBool>`exists (
        select 1 from client_grants cg where cg.client_id = clients.id and ${ofGrant(grantFor ?? 'any')})`),
    );
}

function ofGrant(grantFor: NonNullable<ClientFilter['grantFor']>) {
  if (grantFor === 'any')
    return sql<SqlBool>`cg.settings->'allow_any_organization' = 'true'::jsonb`;
  return sql<SqlBool>`exists (
    select 1 from organization_client_grants ocg
    where ocg.grant_id = cg.id and ocg.organization_id = ${grantFor.organizationId})`;
}
