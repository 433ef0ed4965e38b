import { type Kysely, sql } from 'kysely';

/**
 * Deletes rows that were over before a moment, the longest ago first, at most `limit` of them.
 * @param over.key the columns that name one row
 * @param over.ended the column that says when a row is over; null in it: never
 * @returns how many went; fewer than `limit`: none is left
 */
export async function deleteOver(
  db: Kysely<object>,
  table: string,
  over: { key: string[]; ended: string; before: Date; limit: number },
): Promise<number> {
  const key = sql.join(over.key.map((column) => sql.ref(column)));
  const ended = sql.ref(over.ended);
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)} where (${key}) in (
      select ${key} from ${sql.table(table)} where ${ended} < ${over.before}
      order by ${ended} limit ${over.limit})`.execute(db);
  return Number(numAffectedRows);
}
