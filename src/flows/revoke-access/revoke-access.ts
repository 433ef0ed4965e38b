import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import {
  type AccessRevocation,
  deleteFamily,
  endGrants,
  endSessionsOf,
  revokeAccess,
} from '../../records/oidc-payloads/oidc-payloads.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type RevokeAccessDeps = { db: Db; clock: Clock };

/** Ends one session. With `withTokens` also ends every code and refresh token issued in it. */
export async function revokeSession(
  { db, clock }: RevokeAccessDeps,
  input: { id: string; withTokens: boolean },
): Promise<void> {
  await transaction(db, async (tx) => {
    const now = clock.now();
    await revokeAccess(tx, { model: 'Session', ids: [input.id] }, now);
    if (input.withTokens) await revokeAccess(tx, { sessionId: input.id }, now);
  });
}

/** Ends sessions or refresh tokens. */
export async function revoke({ db, clock }: RevokeAccessDeps, what: AccessRevocation) {
  if ('userId' in what || 'clientId' in what) refuseProtected(what);
  await transaction(db, (tx) => revokeAccess(tx, what, clock.now()));
}

/**
 * Signs a user out of one session or all, and revokes their refresh tokens unless the caller keeps them. All sessions with all tokens means
 * everything: also the access tokens for this server, and logins under way.
 */
export async function revokeUser(
  { db, clock }: RevokeAccessDeps,
  input: { userId: string; sessionId: string | undefined; keepTokens: boolean },
): Promise<void> {
  const { userId, sessionId, keepTokens } = input;
  refuseProtected({ userId });
  await transaction(db, async (tx) => {
    const now = clock.now();
    if (sessionId === undefined) {
      if (keepTokens) await revokeAccess(tx, { model: 'Session', userId }, now);
      else await endSessionsOf(tx, userId);
      return;
    }
    await revokeAccess(tx, { model: 'Session', ids: [sessionId] }, now);
    if (!keepTokens) await revokeAccess(tx, { sessionId }, now);
  });
}

/** Ends what users let applications have, with the codes and refresh tokens that came from it: one grant, or all of a user. */
export async function revokeGrants(
  { db }: { db: Db },
  which: { id: string } | { userId: string },
): Promise<void> {
  await endGrants(db, which);
}

/** The same for a grant by the name that the OpenID Connect library knows it by. */
export async function revokeFamily({ db }: { db: Db }, grantId: string): Promise<void> {
  await deleteFamily(db, grantId);
}
