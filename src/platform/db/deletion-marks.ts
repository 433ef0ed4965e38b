import { type Kysely, sql } from 'kysely';

/**
 * Returns functions for rows that are hidden on deletion, and removed when nothing refers to them any more. Every reader of the table
 * filters by `deleted_at is null`.
 * @param table has the columns `id` and `deleted_at`
 */
export function deletionMarks(table: string) {
  const rows = sql.table(table);
  return {
    /** Hides a row. Returns false if there is none, or if it was hidden before. */
    async hide(db: Kysely<object>, id: string, now: Date): Promise<boolean> {
      const { numAffectedRows } = await sql`
        update ${rows} set deleted_at = ${now} where id = ${id} and deleted_at is null`.execute(db);
      return numAffectedRows === 1n;
    },
    /** Keeps a row from being hidden until the transaction ends. Returns false if there is none. */
    async hold(tx: Kysely<object>, id: string): Promise<boolean> {
      const found = await sql`
        select 1 from ${rows} where id = ${id} and deleted_at is null for share`.execute(tx);
      return found.rows.length === 1;
    },
    /** Returns the ids of rows that were hidden before a moment, the earliest first. */
    async hiddenBefore(db: Kysely<object>, before: Date, limit: number): Promise<string[]> {
      const found = await sql<{ id: string }>`
        select id from ${rows} where deleted_at < ${before} order by deleted_at limit ${limit}`.execute(
        db,
      );
      return found.rows.map((row) => row.id);
    },
    /** Removes a hidden row. */
    async remove(db: Kysely<object>, id: string): Promise<void> {
      await sql`delete from ${rows} where id = ${id} and deleted_at is not null`.execute(db);
    },
  };
}
