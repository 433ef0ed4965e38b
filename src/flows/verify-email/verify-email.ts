import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import { type Connection, findConnection } from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { addressKey, countAttempt } from '../../records/throttles/throttles.ts';
import {
  findTicketBySecret,
  type Ticket,
  ticketState,
  useTicket,
} from '../../records/tickets/tickets.ts';
import { findAccount, markEmailVerified, type User } from '../../records/users/users.ts';
import { type MailVerificationDeps, mailVerificationAgain } from './mail-verification.ts';
import { renewVerificationTask } from './renew-verification.task.ts';

export type VerifyDeps = { db: Db; clock: Clock };

type Found = { ticket: Ticket; user: User; connection: Connection; client: Client | null };

export type OpenVerification = Found & { kind: 'open' };

export type VerificationView =
  | OpenVerification
  | (Found & { kind: 'used' | 'expired' | 'superseded' })
  | { kind: 'unknown' };

export type VerifyOutcome =
  | (Found & { kind: 'done' })
  | (Found & { kind: 'already' })
  /** The account has another address by now. */
  | (Found & { kind: 'changed' })
  | Exclude<VerificationView, OpenVerification>;

const REQUESTS_PER_ADDRESS = 100;
const WINDOW_SECONDS = 3600;

/** What can be done with a verification link now. Changes nothing. */
export async function viewVerification(
  { db, clock }: VerifyDeps,
  secret: string,
): Promise<VerificationView> {
  const ticket = await findTicketBySecret(db, sha256(secret));
  if (ticket?.kind !== 'email-verification') return { kind: 'unknown' };
  const user = await findAccount(db, ticket.userId);
  const connection = user && (await findConnection(db, user.connectionId));
  if (!user || !connection) return { kind: 'unknown' };
  const client = ticket.clientId === null ? null : await findClient(db, ticket.clientId);
  const found = { ticket, user, connection, client };
  const kind = ticketState(ticket, clock.now());
  return kind === 'open' ? { kind, ...found } : { kind, ...found };
}

/** Consumes the link and marks the address as verified, in one transaction. */
export async function verifyEmail(
  deps: VerifyDeps & { audit: Audit },
  secret: string,
): Promise<VerifyOutcome> {
  const outcome = await verify(deps, secret);
  const isGood = outcome.kind === 'done' || outcome.kind === 'already';
  deps.audit.record({
    type: isGood ? 'sv' : 'fv',
    description: isGood ? 'Your email was verified.' : `Verification link: ${outcome.kind}`,
    ...(outcome.kind !== 'unknown' && {
      userId: outcome.user.id,
      userName: outcome.ticket.email ?? outcome.user.email,
      clientId: outcome.client?.id ?? null,
    }),
  });
  return outcome;
}

async function verify(deps: VerifyDeps, secret: string): Promise<VerifyOutcome> {
  const view = await viewVerification(deps, secret);
  if (view.kind !== 'open') return view;
  const outcome = await transaction(deps.db, async (tx) => {
    const at = deps.clock.now();
    const kind = 'email-verification';
    const ticket = await useTicket(tx, { secretHash: sha256(secret), kind, now: at });
    const user = ticket && (await findAccount(tx, ticket.userId));
    if (!ticket || !user) return null;
    const email = ticket.email ?? user.email;
    if (email === null || email !== user.email) return 'changed';
    if (await markEmailVerified(tx, { userId: user.id, email, at })) return 'done';
    return 'already';
  });
  return outcome ? { ...view, kind: outcome } : refused(await viewVerification(deps, secret));
}

/** Asks for a working link in place of this one. Same answer always. */
export async function renewVerification(
  { db, clock, enqueue }: VerifyDeps & { enqueue: Enqueue },
  input: { secret: string; ip: string },
): Promise<void> {
  const key = addressKey('verification-from', input.ip);
  const counted = { key, windowSeconds: WINDOW_SECONDS, now: clock.now() };
  if ((await countAttempt(db, counted)) > REQUESTS_PER_ADDRESS) return;
  const secretHash = sha256(input.secret).toString('hex');
  await transaction(db, (tx) => enqueue(tx, renewVerificationTask, { secretHash }));
}

/** What this flow does in the background. */
export function verifyEmailHandlers(deps: MailVerificationDeps): Registration[] {
  return [
    handle(renewVerificationTask, ({ secretHash }) =>
      mailVerificationAgain(deps, Buffer.from(secretHash, 'hex')),
    ),
  ];
}

function refused(view: VerificationView): Exclude<VerificationView, OpenVerification> {
  return view.kind === 'open' ? { kind: 'unknown' } : view;
}
