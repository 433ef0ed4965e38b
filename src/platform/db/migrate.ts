import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';

const FOLDER = join(import.meta.dirname, '../../../migrations');
// Any number, the same on every node: two nodes that start at once migrate one after the other.
const LOCK = 7_420_611;

/** Applies the migrations that this database has not seen, each in its own transaction. Returns their names. */
export async function migrateDatabase(db: Kysely<object>): Promise<string[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  const applied: string[] = [];
  for (const name of names) {
    const text = await readFile(join(FOLDER, name), 'utf8');
    const isNew = await db.transaction().execute(async (tx) => {
      // An index on millions of rows takes its time, and so does waiting for the node that makes it.
      await sql`select set_config('statement_timeout', '0', true)`.execute(tx);
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
      await sql`create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())`.execute(
        tx,
      );
      const { rows } =
        await sql`insert into migrations (name) values (${name}) on conflict do nothing returning name`.execute(
          tx,
        );
      if (rows.length === 0) return false;
      for (const statement of statements(text)) await sql.raw(statement).execute(tx);
      return true;
    });
    if (isNew) applied.push(name);
  }
  return applied;
}

/** Names of migrations that this database has not seen; all of them when it is empty. Changes nothing. */
export async function pendingMigrations(db: Kysely<object>): Promise<string[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  const known = await sql<{
    found: string | null;
  }>`select to_regclass('migrations')::text as found`.execute(db);
  if (known.rows[0]?.found == null) return names;
  const { rows } = await sql<{ name: string }>`select name from migrations`.execute(db);
  const applied = new Set(rows.map((row) => row.name));
  return names.filter((name) => !applied.has(name));
}

/** Our migrations hold no functions, so a semicolon at a line's end ends a statement. */
function statements(text: string): string[] {
  return text
    .replace(/^--.*$|\s--.*$/gm, '')
    .split(/;\s*$/m)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
