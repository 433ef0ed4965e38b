import type { Session } from 'oidc-provider';
import type { Clock } from '../../../platform/clock/clock.ts';
import { type Db, transaction } from '../../../platform/db/db.ts';
import { userAccess } from '../../../records/oidc-payloads/oidc-payloads.ts';

/**
 * Ends a browser's session, also against a request of the same browser that is on its way with it: the library writes a session
 * whole when it has answered, and would bring one back that was only deleted.
 */
export async function endSession(
  { db, clock }: { db: Db; clock: Clock },
  session: Session,
): Promise<void> {
  await transaction(db, (tx) =>
    userAccess.revoke(tx, { model: 'Session', uid: session.uid }, clock.now()),
  );
}
