import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { lockFolder, restrictToOwner } from '../data-folder/data-folder.ts';
import { StartProblem } from '../start-problem/start-problem.ts';
import { DatabaseAwayError, isDatabaseAway as isAway, reportUnreachable } from './away.ts';
import { type DiskSpace, watchDiskSpace } from './disk-space.ts';
import { EmbeddedDialect } from './embedded-dialect.ts';
import { findRefusal, migrateDatabase, pendingMigrations } from './migrate.ts';
import type { PresenceListener } from './presence.ts';
import { repeatAlone } from './repeat-alone.ts';
import { createWatchedPool } from './watched-pool.ts';

export { isDatabaseAway } from './away.ts';
export { dateConditions } from './date-conditions.ts';
export { deletionMarks } from './deletion-marks.ts';
export { deletionOf } from './deletion-of.ts';
export { folded } from './folded.ts';
export { pageAfter, pageAndCount } from './page-and-count.ts';

/** A handle to run queries on: the database, or a transaction in it. Each record adds its own tables to the type. */
export type Db = Kysely<object>;

export type Database = {
  db: Db;
  kind: 'postgres' | 'embedded';
  /** Runs SQL for the task queue. Without values the text may contain several statements. */
  execute(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  migrate(): Promise<string[]>;
  /** Returns the names of migrations that are not applied yet. Changes nothing. */
  pending(): Promise<string[]>;
  /** Returns why `migrate` would refuse this database, or `null` if it would not. Changes nothing. */
  refusal(): Promise<StartProblem | null>;
  /** Returns the database's version and time, for a health check. */
  about(): Promise<{ version: string; now: Date }>;
  /** Throws {@link DatabaseAwayError} while the database is known to be away. It runs no query. */
  check(): void;
  /** Returns true if the database accepts writes. Answers within two seconds. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
};

// The PostgreSQL version of the embedded database.
const EMBEDDED_VERSION = '18';
// Load balancers give up after two seconds, so a ping is shorter.
const PING_MS = 1800;

// int8 columns hold counts, which stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens PostgreSQL if `url` is set, else the embedded database in `dataDir` (`memory://` for tests).
 * @param poolSize maximum number of connections to PostgreSQL; the embedded database has one
 */
export async function openDatabase(options: {
  url: string | undefined;
  dataDir: string;
  poolSize?: number;
  /** Called when the database goes away and when it returns. */
  listener?: PresenceListener;
}): Promise<Database> {
  return options.url === undefined
    ? openEmbedded(options.dataDir, options.listener)
    : openPostgres(options.url, options.poolSize ?? 16, options.listener);
}

function openPostgres(url: string, size: number, listener?: PresenceListener): Database {
  const watched = createWatchedPool({ url, size, listener });
  const { pool, presence } = watched;
  const dialect = new PostgresDialect({ pool });
  const db = new Kysely<object>({
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createDriver: () =>
        repeatAlone(reportUnreachable(dialect.createDriver(), presence), tryAgain),
      createIntrospector: (on) => dialect.createIntrospector(on),
      createQueryCompiler: () => dialect.createQueryCompiler(),
    },
  });
  return {
    db,
    kind: 'postgres',
    async execute(text, values) {
      presence.check();
      try {
        const result = values?.length ? await pool.query(text, values) : await pool.query(text);
        const results: pg.QueryResult[] = Array.isArray(result) ? result : [result];
        return { rows: results.flatMap((each) => each.rows) };
      } catch (error) {
        if (!isAway(error)) throw error;
        presence.suspect();
        throw new DatabaseAwayError(error);
      }
    },
    migrate: () => migrateDatabase(db),
    pending: () => pendingMigrations(db),
    refusal: () => findRefusal(db),
    about: () => aboutDatabase(db),
    check: () => presence.check(),
    ping: () => presence.ask(),
    async close() {
      await db.destroy();
      await watched.close();
    },
  };
}

async function openEmbedded(dataDir: string, listener?: PresenceListener): Promise<Database> {
  const isOnDisk = !dataDir.startsWith('memory://');
  const taken = isOnDisk ? await lockFolder(dataDir) : null;
  let space: DiskSpace | null = null;
  let pglite: PGlite;
  try {
    if (isOnDisk) await refuseOtherVersion(dataDir);
    space = isOnDisk ? await watchDiskSpace(dataDir, listener) : null;
    pglite = await PGlite.create(dataDir, {
      parsers: { 20: Number },
      // PostgreSQL's own 128 MB of buffers would duplicate the file cache of the system. With less, opening takes a third less memory.
      startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'],
    });
    // PGlite unpacks its first files readable for everybody and ignores the process's umask.
    if (isOnDisk) await restrictToOwner(dataDir);
  } catch (error) {
    space?.close();
    taken?.release();
    // PGlite's errors without a code: its files are damaged, or a first start was interrupted.
    if (!isOnDisk || error instanceof StartProblem || sqlState(error) !== undefined) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new StartProblem({ kind: 'broken-embedded', folder: dataDir, said });
  }
  const dialect = new EmbeddedDialect(pglite);
  const presence = { check: () => space?.check(), suspect: () => void space?.look() };
  const db = new Kysely<object>({
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createDriver: () => reportUnreachable(dialect.createDriver(), presence),
      createIntrospector: (on) => dialect.createIntrospector(on),
      createQueryCompiler: () => dialect.createQueryCompiler(),
    },
  });
  return {
    db,
    kind: 'embedded',
    async execute(text, values) {
      presence.check();
      return dialect.execute(text, values);
    },
    migrate: () => migrateDatabase(db),
    pending: () => pendingMigrations(db),
    refusal: () => findRefusal(db),
    about: () => aboutDatabase(db),
    check: presence.check,
    async ping() {
      if (space && !(await space.look())) return false;
      return Promise.race([
        answers(db),
        new Promise<false>((no) => setTimeout(no, PING_MS, false)),
      ]);
    },
    async close() {
      space?.close();
      await db.destroy();
      // Kysely closes only a database that it has used. `execute` may have been the only user.
      if (!pglite.closed) await pglite.close();
      taken?.release();
    },
  };
}

/** A major version of PostgreSQL cannot read the files of another. */
async function refuseOtherVersion(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => null);
  const found = text?.trim() ?? EMBEDDED_VERSION;
  if (found === EMBEDDED_VERSION) return;
  throw new StartProblem({
    kind: 'other-embedded-version',
    folder,
    found,
    needed: EMBEDDED_VERSION,
  });
}

async function answers(db: Db): Promise<boolean> {
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch {
    return false;
  }
}

async function aboutDatabase(db: Db): Promise<{ version: string; now: Date }> {
  const { rows } = await sql<{
    version: string;
    now: Date;
  }>`select current_setting('server_version') as version, clock_timestamp() as now`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('The database does not report its version.');
  return row;
}

// serialization_failure, deadlock_detected: a retry can succeed.
const TRY_AGAIN = new Set(['40001', '40P01']);

/** Returns the SQLSTATE of an error thrown by a query, if it has one (`23505` is a unique violation). */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const FOREIGN_KEY_VIOLATION = '23503';

/**
 * Returns the name of the foreign key that a statement violated, such as `tickets_user_id_fkey`. The referenced row was deleted, or, on a
 * deletion, something still refers to the row.
 */
export function brokenForeignKey(error: unknown): string | undefined {
  if (sqlState(error) !== FOREIGN_KEY_VIOLATION) return undefined;
  if (typeof error !== 'object' || error === null || !('constraint' in error)) return undefined;
  return typeof error.constraint === 'string' ? error.constraint : undefined;
}

/**
 * Runs `work` in one transaction, which is rolled back if `work` throws. It repeats after a deadlock, so `work` must have no effect outside
 * the database. Inside `work`, use only the handle that it gets.
 */
export async function transaction<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  return tryAgain(() => db.transaction().execute(work));
}

/**
 * As {@link transaction}, where an outcome that is found halfway takes back what was written.
 * @param work calls `undo` with the outcome; it does not return
 * @returns what `work` returns, or what it has given to `undo`
 */
export async function transactionWithUndo<T, U>(
  db: Db,
  work: (tx: Db, undo: (outcome: U) => never) => Promise<T>,
): Promise<T | U> {
  const undone = new Error('The transaction is rolled back.');
  let outcome: { value: U } | undefined;
  const undo = (value: U): never => {
    outcome = { value };
    throw undone;
  };
  try {
    return await transaction(db, (tx) => work(tx, undo));
  } catch (error) {
    if (error !== undone || outcome === undefined) throw error;
    return outcome.value;
  }
}

async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 5 || !TRY_AGAIN.has(sqlState(error) ?? '')) throw error;
    }
  }
}

/** Runs a statement of a library that brings its own SQL, on this handle. */
export async function executeRaw(
  db: Db,
  text: string,
  values: unknown[] = [],
): Promise<{ rows: Record<string, unknown>[] }> {
  const result = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, values));
  return { rows: result.rows };
}
