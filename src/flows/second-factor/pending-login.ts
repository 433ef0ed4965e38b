import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  beginPendingLogin,
  finishPendingLogin,
  notePendingChallenge,
  provePendingLogin,
} from '../../records/pending-logins/pending-logins.ts';
import type { User } from '../../records/users/users.ts';

type Deps = { db: Db; clock: Clock };

/**
 * Lets a login in a browser wait for its second factor. It replaces any earlier one of this interaction.
 * @param input.amr methods of the first factor (RFC 8176)
 * @param input.enrolling whether the user may enroll a factor here
 * @returns the ID of the waiting login
 */
export function awaitSecondFactor(
  { db, clock }: Deps,
  input: { interactionUid: string; user: User; amr: string[]; enrolling: boolean },
): Promise<string> {
  const { user, ...login } = input;
  return beginPendingLogin(db, { ...login, userId: user.id, now: clock.now() });
}

/** Records which code was sent to the user of a waiting login. */
export function noteSentChallenge(
  { db }: Pick<Deps, 'db'>,
  input: { pendingId: string; challengeId: string },
): Promise<void> {
  return notePendingChallenge(db, { id: input.pendingId, challengeId: input.challengeId });
}

/**
 * Records that the user of a waiting login has shown the second factor.
 * @param input.secondAmr its method (RFC 8176)
 * @returns false if another user has begun a login in this browser, or the login has ended
 */
export function passSecondFactor(
  { db, clock }: Deps,
  input: { pendingId: string; secondAmr: string },
): Promise<boolean> {
  const { pendingId: id, secondAmr } = input;
  return provePendingLogin(db, { id, secondAmr, now: clock.now() });
}

/**
 * Ends the waiting of a login whose user has passed both factors. Of many requests at once, one gets the methods.
 * @returns the methods of both factors (RFC 8176), or `null` if the login has ended or lacks the second factor
 */
export async function finishSecondFactor(
  { db, clock }: Deps,
  pendingId: string,
): Promise<string[] | null> {
  const done = await finishPendingLogin(db, { id: pendingId, now: clock.now() });
  if (done === null || done.secondAmr === null) return null;
  return amrOfBoth(done.amr, done.secondAmr);
}

/** Returns the methods of a login with two factors (RFC 8176). */
export function amrOfBoth(first: string[], second: string): string[] {
  return [...new Set([...first, 'mfa', second])];
}
