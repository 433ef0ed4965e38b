import { type ColumnType, type Selectable, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';

type Tables = {
  client_grants: {
    id: string;
    client_id: string;
    audience: string;
    scope: ColumnType<string[], string, string>;
    settings: ColumnType<GrantSettings, string, string>;
    created_at: Date;
  };
};

/** What the wire says about a grant beside its scopes, under the wire's own names. */
export type GrantSettings = Record<string, unknown>;

/** Which scopes of an API an application may ask for. */
export type ClientGrant = {
  id: string;
  clientId: string;
  audience: string;
  scope: string[];
  settings: GrantSettings;
  createdAt: Date;
};

const on = (db: Db) => db.withTables<Tables>();

export async function findGrant(
  db: Db,
  key: { clientId: string; audience: string },
): Promise<ClientGrant | null> {
  const row = await on(db)
    .selectFrom('client_grants')
    .selectAll()
    .where('client_id', '=', key.clientId)
    .where('audience', '=', key.audience)
    .executeTakeFirst();
  return row ? toGrant(row) : null;
}

export async function findGrantById(db: Db, id: string): Promise<ClientGrant | null> {
  const row = await on(db)
    .selectFrom('client_grants')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? toGrant(row) : null;
}

export type GrantFilter = { clientId?: string; audience?: string; subjectType?: string };

/** A page of grants, oldest first, and how many there are in all. */
export async function listGrants(
  db: Db,
  options: GrantFilter & { offset: number; limit: number },
): Promise<{ grants: ClientGrant[]; total: number }> {
  const filtered = filter(db, options);
  const rows = await filtered
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .offset(options.offset)
    .limit(options.limit)
    .execute();
  const { total } = await filtered
    .select((q) => q.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { grants: rows.map(toGrant), total: Number(total) };
}

/** Grants in the order of their ids, for paging that doesn't slow down. */
export async function grantsAfter(
  db: Db,
  options: GrantFilter & { afterId: string | null; limit: number },
): Promise<ClientGrant[]> {
  const rows = await filter(db, options)
    .selectAll()
    .$if(options.afterId !== null, (q) => q.where('id', '>', options.afterId ?? ''))
    .orderBy('id')
    .limit(options.limit)
    .execute();
  return rows.map(toGrant);
}

function filter(db: Db, { clientId, audience, subjectType }: GrantFilter) {
  return on(db)
    .selectFrom('client_grants')
    .$if(clientId !== undefined, (q) => q.where('client_id', '=', clientId ?? ''))
    .$if(audience !== undefined, (q) => q.where('audience', '=', audience ?? ''))
    .$if(subjectType !== undefined, (q) =>
      q.where(sql<string>`coalesce(settings->>'subject_type', 'client')`, '=', subjectType ?? ''),
    );
}

/** Inserts a grant; `duplicate` when the application has one for that API. The application must exist. */
export async function insertGrant(
  db: Db,
  grant: ClientGrant,
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  const result = await on(db)
    .insertInto('client_grants')
    .values({
      id: grant.id,
      client_id: grant.clientId,
      audience: grant.audience,
      scope: JSON.stringify(grant.scope),
      settings: JSON.stringify(grant.settings),
      created_at: grant.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['client_id', 'audience']).doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/** Replaces the scopes, merges the settings; null when there is no such grant. */
export async function updateGrant(
  db: Db,
  id: string,
  changes: { scope?: string[]; settings?: GrantSettings },
): Promise<ClientGrant | null> {
  const row = await on(db)
    .updateTable('client_grants')
    .set({
      ...(changes.scope !== undefined && { scope: JSON.stringify(changes.scope) }),
      settings: sql<string>`settings || ${JSON.stringify(changes.settings ?? {})}::jsonb`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ? toGrant(row) : null;
}

export async function deleteGrant(db: Db, id: string): Promise<boolean> {
  const result = await on(db).deleteFrom('client_grants').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Gives an application exactly these scopes of an API. Any number of nodes may call it at once. */
export async function ensureGrant(
  db: Db,
  options: { clientId: string; audience: string; scope: string[]; now: Date },
): Promise<void> {
  const scope = JSON.stringify(options.scope);
  await on(db)
    .insertInto('client_grants')
    .values({
      id: newId('cgr'),
      client_id: options.clientId,
      audience: options.audience,
      scope,
      settings: '{}',
      created_at: options.now,
    })
    .onConflict((conflict) => conflict.columns(['client_id', 'audience']).doUpdateSet({ scope }))
    .execute();
}

function toGrant(row: Selectable<Tables['client_grants']>): ClientGrant {
  return {
    id: row.id,
    clientId: row.client_id,
    audience: row.audience,
    scope: row.scope,
    settings: row.settings,
    createdAt: row.created_at,
  };
}
