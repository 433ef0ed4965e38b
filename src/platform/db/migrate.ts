import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { StartProblem } from '../start-problem/start-problem.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations');
// Any number, the same on every node: two nodes that start at once migrate one after the other.
const LOCK = 7_420_611;

const OLDEST_POSTGRES = 15;

/**
 * Applies the migrations that this database has not seen, each in its own transaction. Returns their names.
 * @throws StartProblem for a PostgreSQL that is too old, and for a database that a newer version has migrated
 */
export async function migrateDatabase(db: Kysely<object>): Promise<string[]> {
  const problem = await findRefusal(db);
  if (problem !== null) throw problem;
  const names = await ownMigrations();
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

/** What keeps this program from using this database: its version, or that a newer program has changed it. Changes nothing. */
export async function findRefusal(db: Kysely<object>): Promise<StartProblem | null> {
  const { rows } = await sql<{
    version: string;
  }>`select current_setting('server_version') as version`.execute(db);
  const found = rows[0]?.version ?? '';
  if (!(Number.parseInt(found, 10) >= OLDEST_POSTGRES)) {
    return new StartProblem({ kind: 'old-postgres', found, needed: OLDEST_POSTGRES });
  }
  const own = new Set(await ownMigrations());
  const newer = (await appliedMigrations(db))?.find((name) => !own.has(name));
  return newer === undefined ? null : new StartProblem({ kind: 'newer-migrations', name: newer });
}

/** Names of migrations that this database has not seen; all of them when it is empty. Changes nothing. */
export async function pendingMigrations(db: Kysely<object>): Promise<string[]> {
  const applied = new Set(await appliedMigrations(db));
  return (await ownMigrations()).filter((name) => !applied.has(name));
}

async function ownMigrations(): Promise<string[]> {
  return (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
}

/** null: this database has never been migrated. */
async function appliedMigrations(db: Kysely<object>): Promise<string[] | null> {
  const known = await sql<{
    found: string | null;
  }>`select to_regclass('migrations')::text as found`.execute(db);
  if (known.rows[0]?.found == null) return null;
  const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

/** In our migrations a semicolon at a line's end ends a statement: no function of theirs has more than one line. */
function statements(text: string): string[] {
  return text
    .replace(/^--.*$|\s--.*$/gm, '')
    .split(/;\s*$/m)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
