import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  forgetFailures,
  forgetFailuresOf,
  loginNamesOf,
} from '../../records/throttles/throttles.ts';
import { findTicketBySecret, ticketState, useTicket } from '../../records/tickets/tickets.ts';
import { findUser, type User } from '../../records/users/users.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';

export type UnblockDeps = { db: Db; clock: Clock; audit: Audit };

export type UnblockView =
  | { kind: 'open'; user: User }
  | { kind: 'used' | 'expired' | 'superseded' }
  | { kind: 'unknown' };

/** What can be done with the link of a mail about a blocked account. Changes nothing. */
export async function viewUnblock(
  { db, clock }: Pick<UnblockDeps, 'db' | 'clock'>,
  secret: string,
): Promise<UnblockView> {
  const ticket = await findTicketBySecret(db, sha256(secret));
  if (ticket?.kind !== 'account-unblock') return { kind: 'unknown' };
  const user = await findUser(db, ticket.userId);
  // Whoever reads the former address's mail has no say any more.
  if (!user || ticket.email !== user.email) return { kind: 'unknown' };
  const kind = ticketState(ticket, clock.now());
  return kind === 'open' ? { kind, user } : { kind };
}

/** Uses the link up and lifts the blocks of its account, in one transaction; of many at once one is `done`. */
export async function unblockByLink(
  deps: UnblockDeps,
  secret: string,
): Promise<{ kind: 'done'; user: User } | Exclude<UnblockView, { kind: 'open' }>> {
  const view = await viewUnblock(deps, secret);
  if (view.kind !== 'open') return view;
  const { user } = view;
  const isDone = await transaction(deps.db, async (tx) => {
    const now = deps.clock.now();
    const used = await useTicket(tx, { secretHash: sha256(secret), kind: 'account-unblock', now });
    if (!used) return false;
    await forgetFailures(tx, loginNamesOf(user));
    return true;
  });
  if (isDone) {
    note(deps.audit, user.id, user.email);
    return { kind: 'done', user };
  }
  const now = await viewUnblock(deps, secret);
  return now.kind === 'open' ? { kind: 'unknown' } : now;
}

/** Lifts every block of a user, for an operator. */
export async function unblockUser(deps: UnblockDeps, user: User): Promise<void> {
  refuseProtected({ userId: user.id });
  await transaction(deps.db, (tx) => forgetFailures(tx, loginNamesOf(user)));
  note(deps.audit, user.id, user.email);
}

/** The same for a name that somebody logs in with, in whatever user store, whether or not there is such an account. */
export async function unblockName(deps: UnblockDeps, identifier: string): Promise<void> {
  const lifted = await transaction(deps.db, (tx) => forgetFailuresOf(tx, identifier));
  if (lifted > 0) note(deps.audit, null, identifier);
}

function note(audit: Audit, userId: string | null, userName: string | null): void {
  audit.record({ type: 'ublkdu', description: 'User login block released', userId, userName });
}
