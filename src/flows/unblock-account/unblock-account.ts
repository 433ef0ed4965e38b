import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  addressKey,
  clearAttempts,
  FROM_ADDRESS,
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

/** Returns what can be done with the link of a mail about a blocked account. Changes nothing. */
export async function viewUnblock(
  { db, clock }: Pick<UnblockDeps, 'db' | 'clock'>,
  secret: string,
): Promise<UnblockView> {
  const ticket = await findTicketBySecret(db, sha256(secret));
  if (ticket?.kind !== 'account-unblock') return { kind: 'unknown' };
  const user = await findUser(db, ticket.userId);
  // The reader of the former address's mailbox has no rights any more.
  if (!user || ticket.email !== user.email) return { kind: 'unknown' };
  const kind = ticketState(ticket, clock.now());
  return kind === 'open' ? { kind, user } : { kind };
}

/** Consumes the link and lifts the blocks of its account, in one transaction. Of many requests at once exactly one is `done`. */
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

/** Lifts every block of a user. For operators. */
export async function unblockUser(deps: UnblockDeps, user: User): Promise<void> {
  refuseProtected({ userId: user.id });
  await transaction(deps.db, (tx) => forgetFailures(tx, loginNamesOf(user)));
  note(deps.audit, user.id, user.email);
}

/** Lifts every block of a login name, in all connections, whether or not an account has this name. */
export async function unblockName(deps: UnblockDeps, identifier: string): Promise<void> {
  const lifted = await transaction(deps.db, (tx) => forgetFailuresOf(tx, identifier));
  if (lifted > 0) note(deps.audit, null, identifier);
}

/** Lifts the block of an IP address after too many logins or sign-ups from there. */
export async function unblockAddress({ db }: { db: Db }, ip: string): Promise<void> {
  const counters = Object.values(FROM_ADDRESS);
  await clearAttempts(
    db,
    counters.map((what) => addressKey(what, ip)),
  );
}

function note(audit: Audit, userId: string | null, userName: string | null): void {
  audit.record({ type: 'ublkdu', description: 'User login block released', userId, userName });
}
