import { type Kysely, sql } from 'kysely';

/** Deletes up to `limit` rows that ended before a moment, the earliest first, and returns their number. Fewer than `limit` means that none is left. */
type Deletion = (db: Kysely<object>, over: { before: Date; limit: number }) => Promise<number>;

/**
 * Makes the function that deletes the ended rows of a table.
 * @param rows.key the columns that identify one row
 * @param rows.ended the column with the end of a row; a row with `null` never ends
 * @param rows.keptMs milliseconds for which rows are kept past the moment that the function is given. Default: 0.
 */
export function deletionOf(
  table: string,
  rows: { key: string[]; ended: string; keptMs?: number },
): Deletion {
  const key = sql.join(rows.key.map((column) => sql.ref(column)));
  const ended = sql.ref(rows.ended);
  return async (db, { before, limit }) => {
    const moment = new Date(before.getTime() - (rows.keptMs ?? 0));
    const { numAffectedRows = 0n } = await sql`
      delete from ${sql.table(table)} where (${key}) in (
        select ${key} from ${sql.table(table)} where ${ended} < ${moment}
        order by ${ended} limit ${limit})`.execute(db);
    return Number(numAffectedRows);
  };
}
