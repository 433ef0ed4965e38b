import { type Kysely, sql } from 'kysely';

/**
 * Rows that are hidden when somebody deletes them, and removed when nothing hangs on them any more. Whoever reads the table looks for
 * `deleted_at is null`.
 * @param table has the columns `id` and `deleted_at`
 */
export function deletionMarks(table: string) {
  const rows = sql.table(table);
  return {
    /** Hides a row. False: there is none, or it was hidden before. */
    async hide(db: Kysely<object>, id: string, now: Date): Promise<boolean> {
      const { numAffectedRows } = await sql`
        update ${rows} set deleted_at = ${now} where id = ${id} and deleted_at is null`.execute(db);
      return numAffectedRows === 1n;
    },
    /** Ids of those that were hidden before a moment, the longest ago first. */
    async hiddenBefore(db: Kysely<object>, before: Date, limit: number): Promise<string[]> {
      const found = await sql<{ id: string }>`
        select id from ${rows} where deleted_at < ${before} order by deleted_at limit ${limit}`.execute(
        db,
      );
      return found.rows.map((row) => row.id);
    },
    /** Removes a row that is hidden. */
    async remove(db: Kysely<object>, id: string): Promise<void> {
      await sql`delete from ${rows} where id = ${id} and deleted_at is not null`.execute(db);
    },
  };
}
