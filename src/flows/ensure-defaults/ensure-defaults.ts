import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import { ensureGrant } from '../../records/client-grants/client-grants.ts';
import { defaultSettings, ensureClient, type SecretKeeper } from '../../records/clients/clients.ts';
import { enableClients, ensureDefaultConnection } from '../../records/connections/connections.ts';
import {
  ensureSystemResourceServer,
  type Scope,
} from '../../records/resource-servers/resource-servers.ts';
import { canonicalizeUsers } from '../../records/users/users.ts';

/** Converts names from earlier versions to the canonical form, and logs users who share a name with another user. */
export async function tidyIdentifiers(db: Db, log: Log): Promise<void> {
  for (const userId of await canonicalizeUsers(db)) {
    log.warn(
      { userId },
      'another user of the same connection has the same email address, username or phone number; change it for one of them',
    );
  }
}

export type Defaults = SecretKeeper & {
  /** Without a trailing slash. */
  publicUrl: string;
  /** Every scope that a route of the management API requires. */
  scopes: Scope[];
  /** The first client of the management API, from the environment. */
  bootstrapClient: { id: string; secret: string } | undefined;
  now: Date;
};

/**
 * Creates what every server has: the default connection, its own API, and the environment's client with every scope. Each step is safe to
 * repeat, and any number of nodes may start at once.
 */
export async function ensureDefaults(db: Db, defaults: Defaults): Promise<void> {
  const { bootstrapClient, now, scopes } = defaults;
  const audience = `${defaults.publicUrl}/api/v2/`;
  const connection = await ensureDefaultConnection(db, now);
  await ensureSystemResourceServer(db, {
    identifier: audience,
    name: 'Usher management API',
    scopes,
    now,
  });
  if (bootstrapClient === undefined) return;
  await ensureClient(db, defaults, {
    ...bootstrapClient,
    name: 'Bootstrap client',
    settings: defaultSettings('non_interactive'),
    now,
  });
  await ensureGrant(db, {
    clientId: bootstrapClient.id,
    audience,
    scope: scopes.map((scope) => scope.value),
    now,
  });
  await enableClients(db, connection.id, [bootstrapClient.id]);
}
