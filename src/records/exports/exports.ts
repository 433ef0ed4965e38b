import { sql } from 'kysely';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';

/** A field of an export: a name or path of the API, and its name in the file. `null` keeps its own name. */
export type ExportField = { name: string; exportAs: string | null };

/** The fields of an export, and the latest job that used these names. */
export type ExportNames = { jobId: string; fields: ExportField[] };

/** A compressed piece of an export's file. All pieces in order are the file. */
export type ExportChunk = {
  jobId: string;
  /** From 0. */
  number: number;
  rowCount: number;
  /** The last user in it. The next piece begins after this one. */
  afterId: string;
  payload: Buffer;
};

/** Returns the progress of an export, or `null` if nothing is written yet. */
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

/** Stores the next piece. Returns false if another node has already written it. */
export async function addExportChunk(db: Db, chunk: ExportChunk): Promise<boolean> {
  const { rows } = await sql`
    insert into export_chunks (job_id, number, row_count, after_id, payload)
    values (${chunk.jobId}, ${chunk.number}, ${chunk.rowCount}, ${chunk.afterId}, ${chunk.payload})
    on conflict do nothing returning number`.execute(db);
  return rows.length === 1;
}

/** Returns one piece of the file, or `null` after the last. */
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

/** Deletes up to `limit` pieces of files whose jobs ended before the moment. Returns how many it deleted. */
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

/** Records the field names of an export. */
export async function noteExportNames(
  db: Db,
  { jobId, fields, now }: ExportNames & { now: Date },
): Promise<void> {
  const json = JSON.stringify(fields.map(({ name, exportAs }) => ({ name, exportAs })));
  await sql`
    insert into export_names (digest, job_id, fields, asked_at)
    values (${sha256(json).toString('hex')}, ${jobId}, ${json}, ${now})
    on conflict (digest) do update set job_id = excluded.job_id, asked_at = excluded.asked_at`.execute(
    db,
  );
}

/** Returns the field names of exports, the latest first. */
export async function recentExportNames(db: Db, limit: number): Promise<ExportNames[]> {
  const { rows } = await sql<{ job_id: string; fields: ExportField[] }>`
    select job_id, fields from export_names order by asked_at desc limit ${limit}`.execute(db);
  return rows.map((row) => ({ jobId: row.job_id, fields: row.fields }));
}

/** Deletes up to `limit` sets of names that no export has used since the moment. Returns how many it deleted. */
export const deleteOldExportNames = deletionOf('export_names', {
  key: ['digest'],
  ended: 'asked_at',
});
