import { type ColumnType, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Tables = {
  branding: {
    kind: Kind;
    name: ColumnType<string, string | undefined>;
    language: ColumnType<string, string | undefined>;
    value: ColumnType<unknown, string, string>;
    revision: ColumnType<string, never, unknown>;
    updated_at: Date;
  };
};

/**
 * settings: colors, logo and icons. theme: by its id. page-template: the HTML around our pages. prompts: the login flow. texts: of a prompt
 * in a language. partials: HTML inserted into a prompt's pages. rendering: of a screen, `prompt/screen`.
 */
export type Kind =
  | 'settings'
  | 'theme'
  | 'page-template'
  | 'prompts'
  | 'texts'
  | 'partials'
  | 'rendering';

export type Document = Record<string, unknown>;
export type Key = { kind: Kind; name?: string; language?: string };
type Found = { name: string; language: string; value: Document };

const on = (db: Db) => db.withTables<Tables>();
const whole = ({ kind, name = '', language = '' }: Key) => ({ kind, name, language });

export async function find(db: Db, key: Key): Promise<Document | null> {
  const { kind, name, language } = whole(key);
  const row = await on(db)
    .selectFrom('branding')
    .select('value')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('language', '=', language)
    .executeTakeFirst();
  return row ? (row.value as Document) : null;
}

/** Writes or replaces a document. Returns `inserted` if there was none. */
export async function put(
  db: Db,
  key: Key,
  value: Document,
  now: Date,
): Promise<{ kind: 'inserted' | 'replaced' }> {
  const json = JSON.stringify(value);
  const row = { ...whole(key), value: json, updated_at: now };
  const columns = ['kind', 'name', 'language'] as const;
  const added = await on(db)
    .insertInto('branding')
    .values(row)
    .onConflict((conflict) => conflict.columns(columns).doNothing())
    .executeTakeFirst();
  if (added.numInsertedOrUpdatedRows === 1n) return { kind: 'inserted' };
  const revision = sql`nextval('branding_revision')`;
  await on(db)
    .insertInto('branding')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(columns).doUpdateSet({ value: json, updated_at: now, revision }),
    )
    .execute();
  return { kind: 'replaced' };
}

/** Changes the named properties of a document. `null` deletes a property. */
export async function merge(db: Db, key: Key, changes: Document, now: Date): Promise<Document> {
  const first = JSON.stringify(withoutNulls(changes));
  const row = await on(db)
    .insertInto('branding')
    .values({ ...whole(key), value: first, updated_at: now })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'name', 'language']).doUpdateSet({
        value: sql<string>`(branding.value || ${first}::jsonb) - ${namesOfNulls(changes)}::text[]`,
        updated_at: now,
        revision: sql`nextval('branding_revision')`,
      }),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return row.value as Document;
}

/** Deletes a document. Returns false if there is none. */
export async function remove(db: Db, key: Key): Promise<boolean> {
  const { kind, name, language } = whole(key);
  const result = await on(db)
    .deleteFrom('branding')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('language', '=', language)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Returns all documents of a kind, ordered by name and language. */
export async function all(db: Db, kind: Kind): Promise<Found[]> {
  const rows = await on(db)
    .selectFrom('branding')
    .select(['name', 'language', 'value'])
    .where('kind', '=', kind)
    .orderBy('name')
    .orderBy('language')
    .execute();
  return rows.map((row) => ({ ...row, value: row.value as Document }));
}

/** Returns a version that changes with every write or deletion here. */
export async function version(db: Db): Promise<string> {
  const row = await on(db)
    .selectFrom('branding')
    .select(sql<string>`coalesce(max(revision), 0) || '-' || count(*)`.as('version'))
    .executeTakeFirstOrThrow();
  return row.version;
}

function withoutNulls(value: Document): Document {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
}

function namesOfNulls(value: Document): string[] {
  return Object.entries(value).flatMap(([name, one]) => (one === null ? [name] : []));
}

/** Inserts a document of a kind that allows only one. Returns `duplicate` if one exists under any name. */
export async function insertOnly(
  db: Db,
  { kind, name }: { kind: Kind; name: string },
  value: Document,
  now: Date,
): Promise<{ kind: 'inserted' | 'duplicate' }> {
  const result = await on(db)
    .insertInto('branding')
    .values({ kind, name, value: JSON.stringify(value), updated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/** Replaces an existing document. Returns false if there is none. */
export async function replace(db: Db, key: Key, value: Document, now: Date): Promise<boolean> {
  const { kind, name, language } = whole(key);
  const result = await on(db)
    .updateTable('branding')
    .set({
      value: JSON.stringify(value),
      updated_at: now,
      revision: sql`nextval('branding_revision')`,
    })
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('language', '=', language)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
