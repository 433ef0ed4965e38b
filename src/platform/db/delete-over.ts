import { type Kysely, sql } from 'kysely';

/**
 * Deletes up to `limit` rows that ended before a moment, the earliest first.
 * @param over.key the columns that identify one row
 * @param over.ended the column with the end of a row; a row with `null` never ends
 * @returns the number of deleted rows; fewer than `limit` means that none is left
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
