import type { Database } from '../db/db.ts';

/**
 * Returns the number of tasks that have been due for more than five minutes: no worker takes them, or they fail repeatedly.
 * @returns `null` if there is no queue yet
 */
export async function countLateTasks(database: Database): Promise<number | null> {
  const made = await database.execute(`select to_regclass('tasks.job')::text as found`);
  if (made.rows[0]?.found == null) return null;
  const { rows } = await database.execute(
    `select count(*) as late from tasks.job
      where state in ('created', 'retry') and start_after < now() - interval '5 minutes'`,
  );
  return Number(rows[0]?.late ?? 0);
}
