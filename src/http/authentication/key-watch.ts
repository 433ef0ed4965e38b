import type Provider from 'oidc-provider';
import { get as internals } from 'oidc-provider/lib/helpers/weak_cache.js';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { keySetVersion, signingKeys } from '../../records/signing-keys/signing-keys.ts';
import { underEachAlg } from './clients/clients.ts';

/** Time until a rotation or revocation on another node applies here. */
const CHECK_MS = 1000;

/**
 * Keeps the library's keys equal to those in the database, because the library reads them only once.
 * @returns a function to await before each request to the library; it queries the database at most once per second
 */
export function watchKeys(
  provider: Provider,
  { db, keys }: { db: Db; keys: Keys },
): () => Promise<void> {
  let known: string | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  async function check(): Promise<void> {
    const version = await keySetVersion(db);
    if (version !== known) {
      const jwks = underEachAlg(await signingKeys(db, keys));
      const { keystore } = internals(provider);
      keystore.clear();
      for (const jwk of jwks) keystore.add(jwk);
      known = version;
    }
    checkedAt = performance.now();
  }

  return async () => {
    if (performance.now() - checkedAt < CHECK_MS) return;
    running ??= check().finally(() => {
      running = undefined;
    });
    await running;
  };
}
