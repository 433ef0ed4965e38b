import type { Db } from '../../platform/db/db.ts';
import {
  type ClientSettings,
  defaultSettings,
  findClient,
  insertClient,
  updateClient,
} from '../../records/clients/clients.ts';
import { enableClients } from '../../records/connections/connections.ts';

export const CLIENT_ID = 'usher-console';

/**
 * Makes the application that the console signs administrators in as, and lets it use the connection. A server that has moved
 * to another address takes the application along. Any number of nodes may call it at once.
 */
export async function ensureConsoleClient(
  db: Db,
  input: { publicUrl: string; connectionId: string; now: Date },
): Promise<void> {
  const { now } = input;
  const addresses = addressesAt(input.publicUrl);
  const settings: ClientSettings = {
    ...defaultSettings('regular_web'),
    description: 'Where administrators of this server sign in',
    ...addresses,
    grantTypes: ['authorization_code'],
    // It has no secret to keep: PKCE ties the code to the browser that asked for it (RFC 7636).
    tokenEndpointAuthMethod: 'none',
    oidcConformant: true,
  };
  const { kind } = await insertClient(db, {
    id: CLIENT_ID,
    name: 'Usher console',
    secretHash: null,
    settings,
    createdAt: now,
    updatedAt: now,
  });
  if (kind === 'duplicate') {
    const before = await findClient(db, CLIENT_ID);
    if (before && before.settings.initiateLoginUri !== addresses.initiateLoginUri) {
      const moved = { settings: { ...before.settings, ...addresses } };
      await updateClient(db, CLIENT_ID, moved, { now, unchangedSince: before.updatedAt });
    }
  }
  await enableClients(db, input.connectionId, [CLIENT_ID]);
}

function addressesAt(publicUrl: string) {
  return {
    callbacks: [`${publicUrl}/console/callback`],
    allowedLogoutUrls: [`${publicUrl}/u/logged-out`],
    initiateLoginUri: `${publicUrl}/console/login`,
  };
}
