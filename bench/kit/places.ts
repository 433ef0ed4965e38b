import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../test/harness/postgres-server.ts';

/** An empty database and its own folder. */
export type Place = {
  /** `undefined` for the embedded database, in `db` below `dataDir`. */
  url: string | undefined;
  dataDir: string;
  remove(): Promise<void>;
};

export type Places = {
  kind: 'postgres' | 'embedded';
  newPlace(): Promise<Place>;
  /** The database's settings that affect its speed. */
  settings: Record<string, string>;
  close(): Promise<void>;
};

const newFolder = () => mkdtemp(join(tmpdir(), 'usher-bench-'));
const removed = (folder: string) => rm(folder, { recursive: true, force: true });

/** PGlite, with a folder for each database. */
export function embeddedPlaces(): Places {
  return {
    kind: 'embedded',
    settings: { storage: 'folder on disk' },
    async newPlace() {
      const dataDir = await newFolder();
      return { url: undefined, dataDir, remove: () => removed(dataDir) };
    },
    close: async () => {},
  };
}

/** Starts a temporary PostgreSQL with its own defaults: a commit is on the disk. */
export async function postgresPlaces(): Promise<Places> {
  const server = await startPostgres({ fsync: 'on', full_page_writes: 'on' });
  const admin = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: server.urlOf('postgres') });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const settings: Record<string, string> = {};
  await admin(async (client) => {
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers']) {
      settings[name] = (await client.query(`show ${name}`)).rows[0][name];
    }
  });
  return {
    kind: 'postgres',
    settings,
    async newPlace() {
      const name = `bench_${randomUUID().replaceAll('-', '')}`;
      await admin((client) => client.query(`create database ${name}`));
      const dataDir = await newFolder();
      return {
        url: server.urlOf(name),
        dataDir,
        async remove() {
          await removed(dataDir);
          await admin((client) => client.query(`drop database ${name} with (force)`));
        },
      };
    },
    close: () => server.stop(),
  };
}
