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

/** Brings the names of people from before into the one form, and says in the process log who shares a name with another. */
export async function tidyIdentifiers(db: Db, log: Log): Promise<void> {
  for (const userId of await canonicalizeUsers(db)) {
    log.warn(
      { userId },
      'an e-mail, user name or phone number of this user is also another’s in the same user store; give one of them another',
    );
  }
}

export type Defaults = SecretKeeper & {
  /** Without a trailing slash. */
  publicUrl: string;
  /** Every scope a route of the management API asks for. */
  scopes: Scope[];
  /** The first client of the management API, from the environment. */
  bootstrapClient: { id: string; secret: string } | undefined;
  now: Date;
};

/**
 * Makes what every server has: the default user store, its own API, and the client from the environment with every
 * scope. Each step may be repeated, and any number of nodes may start at once.
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
