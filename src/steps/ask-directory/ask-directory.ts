import type { Directory } from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import { RESERVED_IDS } from '../../platform/ids/ids.ts';
import type { Connection } from '../../records/connections/connections.ts';
import { type GuardedDirectory, guardDirectory } from './guard-directory.ts';

export type { DirectoryHealth, GuardedDirectory } from './guard-directory.ts';
export { type OpenDirectoryDeps, openDirectory } from './open-directory.ts';

/** The legacy directories of this process, with their state. */
export type Directories = {
  /** Opens the directory of a connection, or returns `null` if its options name none. */
  open(connection: Connection): Directory | null;
  /** By connection. */
  guarded: Map<string, { version: number; directory: GuardedDirectory | null }>;
  clock: Clock;
};

export type DirectoryDeps = { directories: Directories };

/** Beyond it, the connection that was opened first is opened again when it is asked. */
const MOST_OPEN = 1000;

/** Creates the directories of a process. Nothing is opened before it is asked. */
export function createDirectories(deps: Pick<Directories, 'open' | 'clock'>): Directories {
  return { ...deps, guarded: new Map() };
}

/**
 * Returns the legacy directory of a connection, to be asked with no transaction open, or `null` if it has none. The administrators'
 * connection never has one. A change of the connection counts at once, and begins with a fresh state.
 */
export function directoryFor(
  { directories }: DirectoryDeps,
  connection: Connection,
): GuardedDirectory | null {
  if (connection.id === RESERVED_IDS.connectionId) return null;
  const { guarded, clock } = directories;
  const version = connection.updatedAt.getTime();
  const known = guarded.get(connection.id);
  if (known?.version === version) return known.directory;
  const opened = directories.open(connection);
  const directory = opened && guardDirectory({ clock }, opened);
  guarded.delete(connection.id);
  guarded.set(connection.id, { version, directory });
  for (const id of guarded.keys()) {
    if (guarded.size <= MOST_OPEN) break;
    guarded.delete(id);
  }
  return directory;
}
