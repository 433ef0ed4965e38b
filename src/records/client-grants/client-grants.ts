import { type ColumnType, type Selectable, type SqlBool, sql } from 'kysely';
import { type Db, pageAfter, pageAndCount } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';

type Tables = {
  client_grants: {
    id: string;
    client_id: string;
    audience: string;
    subject_type: SubjectType;
    scope: ColumnType<string[], string, string>;
    settings: ColumnType<GrantSettings, string, string>;
    created_at: Date;
  };
};

/** Whether an application acts for itself or for a user. */
export type SubjectType = 'client' | 'user';

/** Properties of a grant besides its scopes, under their API names. */
export type GrantSettings = Record<string, unknown>;

/** The scopes of an API that an application may request. */
export type ClientGrant = {
  id: string;
  clientId: string;
  audience: string;
  subjectType: SubjectType;
  scope: string[];
  settings: GrantSettings;
  createdAt: Date;
};

const on = (db: Db) => db.withTables<Tables>();

/** Returns the application's grant for an API, or `null`. Default subject type: `client`. */
export async function findGrant(
  db: Db,
  key: { clientId: string; audience: string; subjectType?: SubjectType },
): Promise<ClientGrant | null> {
  const row = await on(db)
    .selectFrom('client_grants')
    .selectAll()
    .where('client_id', '=', key.clientId)
    .where('audience', '=', key.audience)
    .where('subject_type', '=', key.subjectType ?? 'client')
    .executeTakeFirst();
  return row ? toGrant(row) : null;
}

export async function findGrantById(db: Db, id: string): Promise<ClientGrant | null> {
  const row = await on(db)
    .selectFrom('client_grants')
    .selectAll()
    .where('id', '=', id)
    .where(ofExistingClient)
    .executeTakeFirst();
  return row ? toGrant(row) : null;
}

/** Returns the existing grants among `ids`, in their order. */
export async function findGrantsById(db: Db, ids: string[]): Promise<ClientGrant[]> {
  if (ids.length === 0) return [];
  const rows = await on(db)
    .selectFrom('client_grants')
    .selectAll()
    .where('id', 'in', ids)
    .where(ofExistingClient)
    .execute();
  const found = new Map(rows.map((row) => [row.id, toGrant(row)]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** A client under deletion counts as deleted. Its grants are deleted with its last batch. */
const ofExistingClient = sql<SqlBool>`not exists (
  select 1 from clients where clients.id = client_grants.client_id and clients.deleted_at is not null)`;

export type GrantFilter = {
  clientId?: string;
  audience?: string;
  subjectType?: SubjectType;
  /** Only grants that any organization may use. */
  anyOrganization?: boolean;
};

/** Returns a page of grants, oldest first, and their total number. */
export async function listGrants(
  db: Db,
  options: GrantFilter & { offset: number; limit: number },
): Promise<{ grants: ClientGrant[]; total: number }> {
  const oldestFirst = filter(db, options).selectAll().orderBy('created_at').orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { grants: rows.map(toGrant), total };
}

/** Returns grants in the order of their ids, for paging at constant speed. */
export async function grantsAfter(
  db: Db,
  options: GrantFilter & { afterId: string | null; limit: number },
): Promise<ClientGrant[]> {
  const rows = await pageAfter(filter(db, options).selectAll(), options);
  return rows.map(toGrant);
}

function filter(db: Db, { clientId, audience, subjectType, anyOrganization }: GrantFilter) {
  return on(db)
    .selectFrom('client_grants')
    .where(ofExistingClient)
    .$if(clientId !== undefined, (q) => q.where('client_id', '=', clientId ?? ''))
    .$if(audience !== undefined, (q) => q.where('audience', '=', audience ?? ''))
    .$if(subjectType !== undefined, (q) => q.where('subject_type', '=', subjectType ?? 'client'))
    .$if(anyOrganization === true, (q) =>
      q.where(sql<SqlBool>`settings->'allow_any_organization' = 'true'::jsonb`),
    );
}

/** Inserts a grant. Returns `duplicate` if the application has one for that API and subject type. The application must exist. */
export async function insertGrant(
  db: Db,
  grant: Omit<ClientGrant, 'subjectType'> & { subjectType?: SubjectType },
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  const result = await on(db)
    .insertInto('client_grants')
    .values({
      id: grant.id,
      client_id: grant.clientId,
      audience: grant.audience,
      subject_type: grant.subjectType ?? 'client',
      scope: JSON.stringify(grant.scope),
      settings: JSON.stringify(grant.settings),
      created_at: grant.createdAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['client_id', 'audience', 'subject_type']).doNothing(),
    )
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/** Replaces the scopes and merges the settings. Returns `null` if there is no such grant. */
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

/** Deletes a grant. Returns false if there is none. */
export async function deleteGrant(db: Db, id: string): Promise<boolean> {
  const result = await on(db).deleteFrom('client_grants').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Deletes all grants for a deleted API, so that a new API with its name does not inherit them. */
export async function deleteGrantsFor(db: Db, audience: string): Promise<void> {
  await on(db).deleteFrom('client_grants').where('audience', '=', audience).execute();
}

/** Grants an application exactly these scopes of an API, for itself. Safe to call from several nodes at once. */
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
      subject_type: 'client',
      scope,
      settings: '{}',
      created_at: options.now,
    })
    .onConflict((conflict) =>
      conflict.columns(['client_id', 'audience', 'subject_type']).doUpdateSet({ scope }),
    )
    .execute();
}

function toGrant(row: Selectable<Tables['client_grants']>): ClientGrant {
  return {
    id: row.id,
    clientId: row.client_id,
    audience: row.audience,
    subjectType: row.subject_type,
    scope: row.scope,
    settings: row.settings,
    createdAt: row.created_at,
  };
}
