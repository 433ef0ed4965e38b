import type { Session } from 'oidc-provider';
import { revoke } from '../../../flows/revoke-access/revoke-access.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';

/**
 * Ends a browser's session, even during another request with it: the library saves a whole session after each answer, and would restore a
 * deleted one.
 */
export async function endSession(deps: { db: Db; clock: Clock }, session: Session): Promise<void> {
  await revoke(deps, { model: 'Session', uid: session.uid });
}
