import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { ensureGrant } from '../../records/client-grants/client-grants.ts';
import { defaultSettings, insertClient, newClientSecret } from '../../records/clients/clients.ts';
import { findResourceServer } from '../../records/resource-servers/resource-servers.ts';

export type Credentials = { clientId: string; clientSecret: string };

/**
 * Makes a program that may call the management API with every scope, and nothing else. Its secret is returned and kept as a
 * hash only.
 * @param input.clientId chosen by the caller, so that a form sent twice makes one program
 */
export async function createCredentials(
  { db, clock, publicUrl }: { db: Db; clock: Clock; publicUrl: string },
  input: { clientId: string; name: string },
): Promise<({ kind: 'created' } & Credentials) | { kind: 'exists' }> {
  const { clientId, name } = input;
  const { secret, hash } = newClientSecret();
  const now = clock.now();
  const audience = `${publicUrl}/api/v2/`;
  const kind = await transaction(db, async (tx) => {
    const inserted = await insertClient(tx, {
      id: clientId,
      name,
      secretHash: hash,
      settings: defaultSettings('non_interactive'),
      createdAt: now,
      updatedAt: now,
    });
    if (inserted.kind === 'duplicate') return 'exists';
    const api = await findResourceServer(tx, audience);
    if (api === null) throw new Error('This server has no management API yet.');
    const scope = api.scopes.map((one) => one.value);
    await ensureGrant(tx, { clientId, audience, scope, now });
    return 'created';
  });
  return kind === 'created' ? { kind, clientId, clientSecret: secret } : { kind };
}
