import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type AuthenticationMethod,
  isSecondFactor,
  methodsOfUser,
} from '../../records/authentication-methods/authentication-methods.ts';
import { findConnection, passkeyRulesOf } from '../../records/connections/connections.ts';
import {
  beginPendingLogin,
  finishPasskeyOffer,
} from '../../records/pending-logins/pending-logins.ts';
import type { User } from '../../records/users/users.ts';
import { relyingPartyHere } from '../../steps/verify-passkey/verify-passkey.ts';

type Deps = { db: Db; clock: Clock; publicUrl: string };

/**
 * Returns which passkey a user is offered at the end of a login: the first one of this domain after a password (`first`), or one for this device after the
 * passkey of another (`local`). A user with a second factor is asked only after showing it: otherwise a stolen password would get a
 * credential that counts as two factors.
 */
export async function passkeyOffer(
  { db, publicUrl }: Omit<Deps, 'clock'>,
  login: { user: User; amr: string[]; isFromAnotherDevice: boolean },
): Promise<'first' | 'local' | null> {
  const { user, amr, isFromAnotherDevice } = login;
  const party = relyingPartyHere(publicUrl);
  if (party === null) return null;
  if (!isFromAnotherDevice && !amr.includes('pwd')) return null;
  const connection = await findConnection(db, user.connectionId);
  const rules = connection && passkeyRulesOf(connection);
  if (isFromAnotherDevice) return rules?.isOfferedLocally ? 'local' : null;
  if (!rules?.isOffered) return null;
  const { methods, imported } = await methodsOfUser(db, user.id);
  const isHere = ({ kind, credential }: AuthenticationMethod) =>
    kind === 'passkey' && credential?.relyingParty === party.id;
  if (methods.some(isHere)) return null;
  const hasFactor =
    imported || methods.some((method) => method.confirmed && isSecondFactor(method));
  return hasFactor && !amr.includes('mfa') ? null : 'first';
}

/** Lets a login, whose user has shown everything, wait for the answer to the offer. */
export async function beginPasskeyOffer(
  { db, clock }: Omit<Deps, 'publicUrl'>,
  login: { interactionUid: string; user: User; amr: string[] },
): Promise<void> {
  const { interactionUid, user, amr } = login;
  const waiting = { interactionUid, userId: user.id, amr, enrolling: false, now: clock.now() };
  await beginPendingLogin(db, { ...waiting, waitsFor: 'passkey' });
}

/** Ends the waiting. Of many requests at once, one gets the methods of the login (RFC 8176), the others get `null`. */
export async function endPasskeyOffer(
  { db, clock }: Omit<Deps, 'publicUrl'>,
  pendingId: string,
): Promise<string[] | null> {
  return (await finishPasskeyOffer(db, { id: pendingId, now: clock.now() }))?.amr ?? null;
}
