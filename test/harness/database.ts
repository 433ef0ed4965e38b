import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import type { TestDatabase } from './provided.ts';

/** The location of a test's own copy of the migrated template. */
export type DatabaseCopy = {
  /** undefined: the embedded database. */
  url: string | undefined;
  /** A folder of its own; the embedded database is in `db` below it. */
  dataDir: string;
  /** Removes the copy. Throws while a connection is open: close it first. */
  drop(): Promise<void>;
};

/** The path of the embedded database inside a server's DATA_DIR. */
export const EMBEDDED_FOLDER = 'db';

/** Copies the migrated template of the project that runs this file. */
export async function copyDatabase(): Promise<DatabaseCopy> {
  const template = inject('testDatabase');
  const dataDir = await mkdtemp(join(tmpdir(), 'usher-test-'));
  const removeFolder = () => rm(dataDir, { recursive: true, force: true });
  if (template.kind === 'embedded') {
    await cp(template.templateDir, join(dataDir, EMBEDDED_FOLDER), { recursive: true });
    return { url: undefined, dataDir, drop: removeFolder };
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  // By default PostgreSQL writes each page of the copy to its log, which takes several times as long.
  await asAdmin(template, (admin) =>
    admin.query(`create database ${name} template ${template.templateName} strategy file_copy`),
  );
  return {
    url: `${template.urlPrefix}${name}`,
    dataDir,
    async drop() {
      await removeFolder();
      await asAdmin(template, (admin) => dropDatabase(admin, name));
    },
  };
}

async function asAdmin(
  template: Extract<TestDatabase, { kind: 'postgres' }>,
  work: (admin: pg.Client) => Promise<unknown>,
): Promise<void> {
  const admin = new pg.Client({ connectionString: template.adminUrl });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

const IN_USE = '55006';

async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  try {
    // PostgreSQL itself waits five seconds for sessions that are about to end.
    await admin.query(`drop database ${name}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== IN_USE) throw error;
    const { rows } = await admin.query<{ query: string }>(
      'select query from pg_stat_activity where datname = $1',
      [name],
    );
    await admin.query(`drop database ${name} with (force)`);
    const queries = rows.map((row) => row.query).join('\n');
    throw new Error(`Connections were left open, last used for:\n${queries}`);
  }
}
