import { sql } from 'kysely';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deleteOver } from '../../platform/db/db.ts';

/** A field of an export: a name or path of the wire, and what it is called in the file; null: its own name. */
export type ExportField = { name: string; exportAs: string | null };

/** The fields of an export, and the newest job that used these names. */
export type ExportNames = { jobId: string; fields: ExportField[] };

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

/** Remembers what an export calls its fields. */
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

/** What exports called their fields, the newest first. */
export async function recentExportNames(db: Db, limit: number): Promise<ExportNames[]> {
  const { rows } = await sql<{ job_id: string; fields: ExportField[] }>`
    select job_id, fields from export_names order by asked_at desc limit ${limit}`.execute(db);
  return rows.map((row) => ({ jobId: row.job_id, fields: row.fields }));
}

/** Forgets names that no export has used since the moment, at most `limit` of them. Returns how many. */
export function deleteOldExportNames(
  db: Db,
  over: { before: Date; limit: number },
): Promise<number> {
  return deleteOver(db, 'export_names', { key: ['digest'], ended: 'asked_at', ...over });
}
