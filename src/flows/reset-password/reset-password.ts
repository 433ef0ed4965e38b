import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import type { PasswordPolicy } from '../../platform/password-policy/password-policy.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  findConnection,
  isSelfServiceResetEnabled,
  passwordPolicyOf,
} from '../../records/connections/connections.ts';
import type { LoginTicket } from '../../records/login-handoffs/login-handoffs.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  findTicketBySecret,
  type Ticket,
  ticketState,
  useTicket,
} from '../../records/tickets/tickets.ts';
import { findAccount, holdAccount, type User } from '../../records/users/users.ts';
import {
  judgePassword,
  PASSWORD_REFUSALS,
  type RefusedPassword,
  storeChosenPassword,
} from '../../steps/choose-password/choose-password.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { handOverLogin } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { firstPasswordTask } from './first-password.task.ts';
import { mailFirstPassword } from './first-password.ts';
import { type MailResetDeps, mailResetInstead, mailResetTo } from './mail-reset.ts';
import { renewResetTask, requestResetTask } from './request-reset.task.ts';

export { askForFirstPassword } from './first-password.ts';

export type ResetDeps = { db: Db; clock: Clock; enqueue: Enqueue; audit: Audit };

/** A link and everything that its page shows. */
export type OpenReset = {
  kind: 'open';
  ticket: Ticket;
  user: User;
  connection: Connection;
  client: Client | null;
  policy: PasswordPolicy;
};

export type ResetView =
  | OpenReset
  | {
      /** `superseded`: there is a newer link. `password-changed`: the password was set in another way, at `ticket.supersededAt`. */
      kind: 'used' | 'expired' | 'superseded' | 'password-changed';
      ticket: Ticket;
      user: User;
      connection: Connection;
      client: Client | null;
    }
  | { kind: 'unknown' };

export type ResetOutcome =
  | {
      kind: 'done';
      ticket: Ticket;
      user: User;
      /** The user: the account itself, or the one that the identity is linked to. */
      personId: string;
      connection: Connection;
      client: Client | null;
      /** One-time secret that logs the user in at the application; `null` for a blocked user. */
      handoff: string | null;
    }
  | { kind: 'refused'; why: RefusedPassword; view: OpenReset }
  | Exclude<ResetView, OpenReset>;

const REQUESTS_PER_ADDRESS = 100;

/**
 * Requests a link to choose a new password. The answer and the work are the same whether or not the account exists, because a task looks it
 * up. Nothing is sent if only operators set passwords in the connection.
 */
export async function requestReset(
  deps: ResetDeps,
  input: {
    connection: Connection;
    email: string;
    clientId?: string | null;
    organizationId?: string | null;
    /** Users who may not log in to that organization get no mail. A user who follows an invitation to it may still become a member. */
    membersOnly?: boolean;
    ip: string;
  },
): Promise<void> {
  const { connection, clientId = null, organizationId = null, membersOnly = false } = input;
  // Accepts addresses that are not valid any more: some accounts are older than the rule.
  const email = canonicalIdentifier(input.email);
  if (await tooMany(deps, input.ip)) return;
  if (!isSelfServiceResetEnabled(connection)) return;
  await transaction(deps.db, (tx) =>
    deps.enqueue(tx, requestResetTask, {
      connectionId: connection.id,
      email,
      clientId,
      organizationId,
      membersOnly,
      ip: input.ip,
    }),
  );
}

/** Requests a working link in place of this one, whatever its state. The answer is always the same. */
export async function renewReset(
  deps: ResetDeps,
  input: { secret: string; ip: string },
): Promise<void> {
  if (await tooMany(deps, input.ip)) return;
  const secretHash = sha256(input.secret).toString('hex');
  await transaction(deps.db, (tx) => deps.enqueue(tx, renewResetTask, { secretHash }));
}

/** Returns the background work of this flow. */
export function resetPasswordHandlers(deps: MailResetDeps): Registration[] {
  return [
    handle(requestResetTask, (asked) => mailResetTo(deps, asked)),
    handle(firstPasswordTask, (tried) => mailFirstPassword(deps, tried)),
    handle(renewResetTask, ({ secretHash }) =>
      mailResetInstead(deps, Buffer.from(secretHash, 'hex')),
    ),
  ];
}

/** Returns what can be done with a link now. Changes nothing. */
export async function viewTicket(
  { db, clock }: Pick<ResetDeps, 'db' | 'clock'>,
  secret: string,
): Promise<ResetView> {
  const ticket = await findTicketBySecret(db, sha256(secret));
  if (ticket?.kind !== 'password-change') return { kind: 'unknown' };
  const user = await findAccount(db, ticket.userId);
  const connection = user && (await findConnection(db, user.connectionId));
  if (!user || !connection) return { kind: 'unknown' };
  // The reader of the former address's mailbox has no rights any more, and must not learn the new address.
  if (ticket.email !== null && ticket.email !== user.email) return { kind: 'unknown' };
  const client = ticket.clientId === null ? null : await findClient(db, ticket.clientId);
  const found = { ticket, user, connection, client };
  const state = ticketState(ticket, clock.now());
  if (state === 'open') return { kind: state, ...found, policy: passwordPolicyOf(connection) };
  const isByPassword = state === 'superseded' && ticket.supersededBy === 'password';
  return { kind: isByPassword ? 'password-changed' : state, ...found };
}

type Redeeming = {
  secret: string;
  password: string;
  /** The password is chosen on a page of the application, which takes the handoff in an address. */
  loginTicket?: LoginTicket;
};

/**
 * Sets the password. One transaction consumes the link and does everything it stands for. Of many requests at once exactly one is `done`.
 */
export async function redeemTicket(
  deps: Pick<ResetDeps, 'db' | 'clock' | 'audit'>,
  input: Redeeming,
): Promise<ResetOutcome> {
  const outcome = await redeem(deps, input);
  note(deps.audit, outcome);
  return outcome;
}

async function redeem(
  deps: Pick<ResetDeps, 'db' | 'clock' | 'audit'>,
  input: Redeeming,
): Promise<ResetOutcome> {
  const { db, clock } = deps;
  const view = await viewTicket(deps, input.secret);
  if (view.kind !== 'open') return view;
  const { user, connection } = view;
  const judged = await judgePassword(deps, {
    connection,
    accountId: user.id,
    about: user,
    password: input.password,
    clientId: view.client?.id,
  });
  if (judged.kind === 'refused') return { kind: 'refused', why: judged.why, view };

  const done = await transaction(db, async (tx) => {
    const at = clock.now();
    const held = await holdAccount(tx, user.id);
    if (!held || (view.ticket.email !== null && view.ticket.email !== held.account.email)) {
      return null;
    }
    const ticket = await useTicket(tx, {
      secretHash: sha256(input.secret),
      kind: 'password-change',
      now: at,
    });
    if (!ticket) return null;
    const { markEmailAsVerified: markEmailVerified } = ticket;
    // The link's holder is the owner: they read the owner's mail, or the operator gave them the link.
    const proved = await proveAddress(tx, {
      accountId: user.id,
      email: markEmailVerified ? held.account.email : null,
      isMaker: false,
      at,
    });
    if (proved.kind !== 'proved') return null;
    const { account, person } = proved;
    const chosen = { held: { account, person }, chosen: judged.chosen, at, markEmailVerified };
    await storeChosenPassword(tx, chosen);
    const { clientId } = ticket;
    const entry = { amr: ['pwd'], ticket: input.loginTicket ?? null, clientId, at };
    const handoff = await handOverLogin(tx, { user: person, account, ...entry });
    return { ticket, handoff, user: account, personId: person.id };
  });
  if (!done) {
    const now = await viewTicket(deps, input.secret);
    return now.kind === 'open' ? { kind: 'unknown' } : now;
  }
  return { kind: 'done', ...done, connection, client: view.client };
}

const WHY_NOT: Record<Exclude<ResetOutcome['kind'], 'done' | 'refused'>, string> = {
  used: 'This URL can be used only once',
  expired: 'Access expired.',
  superseded: 'Access expired.',
  'password-changed': 'Access expired.',
  unknown: 'Invalid ticket.',
};

function note(audit: Audit, outcome: ResetOutcome): void {
  const found = outcome.kind === 'refused' ? outcome.view : outcome;
  const about =
    found.kind === 'unknown'
      ? {}
      : { userId: found.user.id, clientId: found.client?.id ?? null, userName: found.user.email };
  if (outcome.kind === 'done') {
    const description = 'You can now login to the application with the new password.';
    audit.record({ ...about, type: 'scp', description });
    return;
  }
  const description =
    outcome.kind === 'refused' ? PASSWORD_REFUSALS[outcome.why.kind][1] : WHY_NOT[outcome.kind];
  audit.record({ ...about, type: 'fcp', description });
}

/** Returns whether one address has requested too often. Each request leaves a task. */
async function tooMany({ db, clock }: ResetDeps, ip: string): Promise<boolean> {
  const trace = { kind: 'ResetRequest', ip, fromAddress: REQUESTS_PER_ADDRESS, now: clock.now() };
  return (await countTrace(db, trace)) > 0;
}
