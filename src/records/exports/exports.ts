import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** A piece of an export's file, compressed so that all pieces one after the other are the file. */
export type ExportChunk = {
  jobId: string;
  /** From 0. */
  number: number;
  rowCount: number;
  /** The last user in it: the next piece begins behind. */
  afterId: string;
  payload: Buffer;
};

/** How far an export is; null: nothing is written yet. */
export async function exportProgress(
  db: Db,
  jobId: string,
): Promise<{ number: number; rows: number; afterId: string } | null> {
  const { rows } = await sql<{ number: number; rows: number; after_id: string }>`
    select number, after_id, (select sum(row_count)::float8 from export_chunks where job_id = ${jobId}) as rows
    from export_chunks where job_id = ${jobId} order by number desc limit 1`.execute(db);
  const [row] = rows;
  return row ? { number: row.number, rows: Number(row.rows), afterId: row.after_id } : null;
}

/** Keeps the next piece. False: somebody else has written it already. */
export async function addExportChunk(db: Db, chunk: ExportChunk): Promise<boolean> {
  const { rows } = await sql`
    insert into export_chunks (job_id, number, row_count, after_id, payload)
    values (${chunk.jobId}, ${chunk.number}, ${chunk.rowCount}, ${chunk.afterId}, ${chunk.payload})
    on conflict do nothing returning number`.execute(db);
  return rows.length === 1;
}

/** One piece of the file; null behind the last. */
export async function exportChunk(
  db: Db,
  key: { jobId: string; number: number },
): Promise<Buffer | null> {
  const { rows } = await sql<{ payload: Uint8Array }>`
    select payload from export_chunks where job_id = ${key.jobId} and number = ${key.number}`.execute(
    db,
  );
  return rows[0] ? Buffer.from(rows[0].payload) : null;
}

/** Forgets pieces of files whose jobs ended before the moment, at most `limit` of them. Returns how many. */
export async function deleteOldChunks(
  db: Db,
  input: { before: Date; limit: number },
): Promise<number> {
  const { rows } = await sql`
    delete from export_chunks where (job_id, number) in (
      select c.job_id, c.number from jobs j join export_chunks c on c.job_id = j.id
      where j.finished_at < ${input.before} limit ${input.limit})
    returning number`.execute(db);
  return rows.length;
}
