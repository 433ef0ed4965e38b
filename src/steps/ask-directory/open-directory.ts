import {
  type Directory,
  directoryOf,
  type LegacyStore,
  type ScriptNote,
} from '../../outbound/legacy-directory/legacy-directory.ts';
import type { ScriptRunner } from '../../outbound/scripts/scripts.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Egress } from '../../platform/egress/egress.ts';
import {
  type Connection,
  customDatabaseOf,
  openConfiguration,
  openSecrets,
  providerRulesOf,
  readDirectory,
} from '../../records/connections/connections.ts';

export type OpenDirectoryDeps = {
  scripts: ScriptRunner;
  egress: Egress;
  clock: Clock;
  keys: Pick<Keys, 'encryption'>;
  publicUrl: string;
  /** Gets what each script wrote to its console, and how it ended. */
  note: (note: ScriptNote) => void;
};

/** Opens the legacy user database of a connection, without limits on questions. `null`: Usher keeps its users alone. */
export function openDirectory(deps: OpenDirectoryDeps, connection: Connection): Directory | null {
  const store = legacyStoreOf(deps, connection);
  return store === null ? null : directoryOf(deps, store);
}

function legacyStoreOf(
  { keys, publicUrl }: Pick<OpenDirectoryDeps, 'keys' | 'publicUrl'>,
  connection: Connection,
): LegacyStore | null {
  const custom = customDatabaseOf(connection);
  if (custom === null) return null;
  const opened = customDatabaseOf({
    ...connection,
    options: openSecrets(connection.options, keys.encryption),
  });
  return {
    connection: { id: connection.id, name: connection.name },
    tenant: new URL(publicUrl).hostname,
    scripts: custom.scripts,
    directory: readDirectory(opened?.directory ?? null, {
      tokenUrl: `${publicUrl.replace(/\/$/, '')}/oauth/token`,
    }),
    configuration: openConfiguration(keys, connection),
    hasContext: custom.hasContext,
    notStored: providerRulesOf(connection).notStored,
  };
}
