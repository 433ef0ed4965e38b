import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import {
  type ClientCredential,
  deleteCredential,
  insertCredential,
  setCredentialExpiry,
} from '../../records/client-credentials/client-credentials.ts';
import { findClient, forgetClientCredential } from '../../records/clients/clients.ts';

type Deps = { db: Db; clock: Clock };
type Key = { clientId: string; id: string };

/** Adds a key to an application. It is in use once the application's settings name it. */
export async function addClientCredential(
  { db }: { db: Db },
  credential: ClientCredential,
  { most }: { most: number },
): Promise<{ kind: 'inserted' | 'duplicate' | 'too_many' | 'no_client' }> {
  if ((await findClient(db, credential.clientId)) === null) return { kind: 'no_client' };
  return insertCredential(db, credential, most);
}

/** Sets when a key stops working. `expiresAt` is `null` for a key that does not expire. */
export async function changeClientCredential(
  { db, clock }: Deps,
  key: Key,
  { expiresAt }: { expiresAt: Date | null },
): Promise<
  { kind: 'changed'; credential: ClientCredential } | { kind: 'no_client' } | { kind: 'missing' }
> {
  if ((await findClient(db, key.clientId)) === null) return { kind: 'no_client' };
  const credential = await setCredentialExpiry(db, key, { expiresAt, now: clock.now() });
  return credential === null ? { kind: 'missing' } : { kind: 'changed', credential };
}

/** Removes a key, even one that is in use. A repeat changes nothing. */
export async function removeClientCredential({ db, clock }: Deps, key: Key): Promise<void> {
  const { clientId, id } = key;
  await transaction(db, async (tx) => {
    await deleteCredential(tx, key);
    await forgetClientCredential(tx, { clientId, credentialId: id, now: clock.now() });
  });
}
