import { join } from 'node:path';
import { redeemTicket, viewTicket } from '../src/flows/reset-password/reset-password.ts';
import { systemClock } from '../src/platform/clock/clock.ts';
import { sha256 } from '../src/platform/crypto/crypto.ts';
import { openDatabase, transaction } from '../src/platform/db/db.ts';
import { hashPassword } from '../src/platform/password-hash/password-hash.ts';
import { newLoginHandoff } from '../src/records/login-handoffs/login-handoffs.ts';
import { noAudit } from '../src/records/logs/logs.ts';
import { endSessionsOf } from '../src/records/oidc-payloads/oidc-payloads.ts';
import { setPassword } from '../src/records/passwords/passwords.ts';
import { forgetFailures, loginNamesOf } from '../src/records/throttles/throttles.ts';
import { useTicket } from '../src/records/tickets/tickets.ts';
import { findUser, recordPasswordReset } from '../src/records/users/users.ts';
import { NO_ACTIONS } from '../test/harness/no-actions.ts';
import { NO_DIRECTORIES } from '../test/harness/no-directories.ts';
import type { Place } from './kit/places.ts';

/**
 * Redeems tickets as the flow does, with a precomputed hash, so that only the database's part remains. Returns milliseconds each.
 * @param secrets of open tickets; the flow itself redeems the first, to warm up
 */
export async function redeemWithoutHashing(place: Place, secrets: string[]): Promise<number[]> {
  const database = await openDatabase({ url: place.url, dataDir: join(place.dataDir, 'db') });
  const deps = {
    db: database.db,
    clock: systemClock,
    audit: noAudit,
    directories: NO_DIRECTORIES,
    actions: NO_ACTIONS,
    publicUrl: 'http://localhost:3000',
    enqueue: async () => {},
  };
  const phc = await hashPassword('Tulip-Canal-77');
  const times: number[] = [];
  try {
    const [first = '', ...others] = secrets;
    await redeemTicket(deps, { secret: first, password: 'Tulip-Canal-77' });
    for (const secret of others) {
      const began = performance.now();
      const view = await viewTicket(deps, secret);
      if (view.kind !== 'open') throw new Error(`A ticket is ${view.kind}.`);
      const userId = view.user.id;
      await transaction(deps.db, async (tx) => {
        const at = new Date();
        const now = at;
        await useTicket(tx, { secretHash: sha256(secret), kind: 'password-change', now });
        const user = await findUser(tx, userId);
        await setPassword(tx, { userId, phc, at, historySize: 0 });
        await recordPasswordReset(tx, { userId, at, markEmailVerified: false });
        await endSessionsOf(tx, userId);
        if (user) await forgetFailures(tx, loginNamesOf(user));
        await newLoginHandoff(tx, { userId, clientId: null, amr: ['pwd'], now });
      });
      times.push(performance.now() - began);
    }
    return times;
  } finally {
    await database.close();
  }
}
