import type { ColumnType } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

type Tables = {
  settings: { key: string; value: ColumnType<unknown, string, string>; updated_at: Date };
};

const on = (db: Db) => db.withTables<Tables>();

/** The value kept under `key`, in the shape its writer gave it. */
export async function readSetting<T>(db: Db, key: string): Promise<T | null> {
  const row = await on(db)
    .selectFrom('settings')
    .select('value')
    .where('key', '=', key)
    .executeTakeFirst();
  return row ? (row.value as T) : null;
}

/** Writes whether or not there was a value. */
export async function writeSetting(db: Db, key: string, value: unknown, now: Date): Promise<void> {
  const json = JSON.stringify(value);
  await on(db)
    .insertInto('settings')
    .values({ key, value: json, updated_at: now })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: json, updated_at: now }))
    .execute();
}

/** Writes only where there is no value yet; false when there is one. */
export async function addSetting(db: Db, key: string, value: unknown, now: Date): Promise<boolean> {
  const result = await on(db)
    .insertInto('settings')
    .values({ key, value: JSON.stringify(value), updated_at: now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function deleteSetting(db: Db, key: string): Promise<boolean> {
  const result = await on(db).deleteFrom('settings').where('key', '=', key).executeTakeFirst();
  return result.numDeletedRows === 1n;
}
