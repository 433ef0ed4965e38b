import type { Db } from '../../platform/db/db.ts';
import { RESERVED_IDS } from '../../platform/ids/ids.ts';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import {
  type ClientSettings,
  defaultSettings,
  findClient,
  insertClient,
  updateClient,
} from '../../records/clients/clients.ts';
import { enableClients } from '../../records/connections/connections.ts';

const { clientId, connectionId } = RESERVED_IDS;

/**
 * Creates or updates the application that the console logs administrators in with. The server's address may have changed. Any number of
 * nodes may call it at once.
 */
export async function ensureConsoleClient(
  db: Db,
  { publicUrl, now }: { publicUrl: string; now: Date },
): Promise<void> {
  const settings = settingsAt(publicUrl);
  const name = 'Usher console';
  const { kind } = await insertClient(db, {
    id: clientId,
    name,
    secretHash: null,
    settings,
    createdAt: now,
    updatedAt: now,
  });
  if (kind === 'duplicate') {
    const before = await findClient(db, clientId);
    const wanted = { name, secretHash: null, settings };
    if (before && !isAs(before, wanted)) {
      await updateClient(db, clientId, wanted, { now, unchangedSince: before.updatedAt });
    }
  }
  await enableClients(db, connectionId, [clientId]);
}

type Wanted = { name: string; secretHash: Buffer | null; settings: ClientSettings };

/** Compares without regard to the order of keys in the database. */
function isAs(before: Wanted, wanted: Wanted): boolean {
  const sorted = (settings: object) => JSON.stringify(Object.entries(settings).sort());
  return (
    before.name === wanted.name &&
    before.secretHash === wanted.secretHash &&
    sorted(before.settings) === sorted(JSON.parse(JSON.stringify(wanted.settings)))
  );
}

function settingsAt(publicUrl: string): ClientSettings {
  return {
    ...defaultSettings('regular_web'),
    description: 'Where administrators of this server sign in',
    callbacks: [`${publicUrl}/console/callback`],
    allowedLogoutUrls: [`${publicUrl}${PAGE_PATHS.loggedOut}`],
    initiateLoginUri: `${publicUrl}/console/login`,
    grantTypes: ['authorization_code'],
    // The console runs in the browser and cannot keep a secret. PKCE ties the code to the browser that asked for it (RFC 7636).
    tokenEndpointAuthMethod: 'none',
  };
}
