import type { Session } from 'oidc-provider';
import { revoke } from '../../../flows/revoke-access/revoke-access.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';

/**
 * Ends a browser's session, also against a request of the same browser that is on its way with it: the library writes a session
 * whole when it has answered, and would bring one back that was only deleted.
 */
export async function endSession(deps: { db: Db; clock: Clock }, session: Session): Promise<void> {
  await revoke(deps, { model: 'Session', uid: session.uid });
}
