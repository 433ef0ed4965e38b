import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { StartProblem } from '../start-problem/start-problem.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations');
// An arbitrary number, the same on every node, so that nodes that start at once migrate one after the other.
const LOCK = 7_420_611;

const OLDEST_POSTGRES = 15;

/**
 * Applies the migrations that this database does not have yet, each in its own transaction. Returns their names.
 * @throws StartProblem if PostgreSQL is too old, or if a newer version of Usher migrated the database
 */
export async function migrateDatabase(db: Kysely<object>): Promise<string[]> {
  const problem = await findRefusal(db);
  if (problem !== null) throw problem;
  const names = await ownMigrations();
  const applied: string[] = [];
  for (const name of names) {
    const text = await readFile(join(FOLDER, name), 'utf8');
    const isNew = await db.transaction().execute(async (tx) => {
      // An index on millions of rows takes long. So does waiting for the node that creates it.
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

/**
 * Returns why this program cannot use the database: the version of PostgreSQL, or migrations of a newer program. Returns `null` if it can.
 * Changes nothing.
 */
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

/** Returns the names of migrations that this database does not have yet: all of them if it is empty. Changes nothing. */
export async function pendingMigrations(db: Kysely<object>): Promise<string[]> {
  const applied = new Set(await appliedMigrations(db));
  return (await ownMigrations()).filter((name) => !applied.has(name));
}

async function ownMigrations(): Promise<string[]> {
  return (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
}

/** Returns `null` for a database that was never migrated. */
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

/** In our migrations a semicolon at the end of a line ends a statement, because their functions have only one line. */
function statements(text: string): string[] {
  return text
    .replace(/^--.*$|\s--.*$/gm, '')
    .split(/;\s*$/m)
    .map((part) => part.trim())
    .filter((candidate) => candidate !== '');
}
