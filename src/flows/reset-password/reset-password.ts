import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import type { PasswordPolicy } from '../../platform/password-policy/password-policy.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  customDatabaseOf,
  findConnection,
  isSelfServiceResetEnabled,
  passwordPolicyOf,
} from '../../records/connections/connections.ts';
import type { LoginTicket } from '../../records/login-handoffs/login-handoffs.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { acquireSlot, clearAttempts, throttleKey } from '../../records/throttles/throttles.ts';
import {
  findTicketBySecret,
  type Ticket,
  ticketState,
  useTicket,
} from '../../records/tickets/tickets.ts';
import { findAccount, holdAccount, type User } from '../../records/users/users.ts';
import { type DirectoryDeps, directoryFor } from '../../steps/ask-directory/ask-directory.ts';
import {
  changePasswordThere,
  NO_ORGANIZATION,
} from '../../steps/change-in-directory/change-in-directory.ts';
import {
  judgePassword,
  PASSWORD_REFUSALS,
  type RefusedPassword,
  storeChosenPassword,
} from '../../steps/choose-password/choose-password.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { type Actions, judgeReset } from '../../steps/run-actions/run-actions.ts';
import { handOverLogin } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { enqueueAsyncActions, isAwaited } from '../run-async-actions/run-async-actions.task.ts';
import { firstPasswordTask } from './first-password.task.ts';
import { mailFirstPassword } from './first-password.ts';
import { type MailResetDeps, mailResetInstead, mailResetTo } from './mail-reset.ts';
import { renewResetTask, requestResetTask } from './request-reset.task.ts';

export { askForFirstPassword } from './first-password.ts';

export type ResetDeps = {
  db: Db;
  clock: Clock;
  enqueue: Enqueue;
  audit: Audit;
  actions: Actions;
  publicUrl: string;
};

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
  /** The legacy directory keeps the password, and has not changed it. The link still works. */
  | { kind: 'unchanged'; problem: string; view: OpenReset }
  /** A script of `password-reset-post-challenge` refuses it, with this text for the person. */
  | { kind: 'denied'; message: string; view: OpenReset }
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

type RedeemDeps = ResetDeps & DirectoryDeps;

type Redeeming = {
  secret: string;
  password: string;
  /** The password is chosen on a page of the application, which takes the handoff in an address. */
  loginTicket?: LoginTicket;
};

/**
 * Sets the password. One transaction consumes the link and does everything it stands for. Of many requests at once exactly one is `done`.
 */
export async function redeemTicket(deps: RedeemDeps, input: Redeeming): Promise<ResetOutcome> {
  const outcome = await redeem(deps, input);
  note(deps.audit, outcome);
  return outcome;
}

async function redeem(deps: RedeemDeps, input: Redeeming): Promise<ResetOutcome> {
  const { db, clock } = deps;
  const view = await viewTicket(deps, input.secret);
  if (view.kind !== 'open') return view;
  const { user, connection } = view;
  const challenge = await judgeReset(deps, view);
  if (challenge.kind === 'denied') return { kind: 'denied', message: challenge.message, view };
  const judged = await judgePassword(deps, {
    connection,
    accountId: user.id,
    about: user,
    password: input.password,
    clientId: view.client?.id,
  });
  if (judged.kind === 'refused') return { kind: 'refused', why: judged.why, view };
  const there = await changeThere(deps, view, input.password);
  if (there.kind === 'failed') return { kind: 'unchanged', problem: there.problem, view };

  const isAsked = await isAwaited(deps, 'post-change-password');
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
    const chosen = there.kind === 'changed' ? null : judged.chosen;
    await storeChosenPassword(tx, { held: { account, person }, chosen, at, markEmailVerified });
    const { clientId } = ticket;
    if (isAsked) {
      const about = { trigger: 'post-change-password', accountId: user.id, clientId } as const;
      await enqueueAsyncActions(tx, deps.enqueue, about);
    }
    const entry = { amr: ['pwd'], ticket: input.loginTicket ?? null, clientId, at };
    const handoff = await handOverLogin(tx, { user: person, account, ...entry });
    const resultUrl = challenge.resultUrl ?? ticket.resultUrl;
    return { ticket: { ...ticket, resultUrl }, handoff, user: account, personId: person.id };
  });
  if (!done) {
    const now = await viewTicket(deps, input.secret);
    return now.kind === 'open' ? { kind: 'unknown' } : now;
  }
  return { kind: 'done', ...done, connection, client: view.client };
}

/** One change at a time with a link, so that the directory has the password of the request that uses the link. */
const CHANGING_SECONDS = 60;

/**
 * Changes the password in the legacy directory, if it keeps the passwords. The directory is asked first. If our write fails afterwards, the
 * link still works, and the same password can be chosen again.
 */
async function changeThere(
  deps: RedeemDeps,
  { ticket, user, connection }: OpenReset,
  password: string,
): Promise<{ kind: 'changed' | 'kept-here' } | { kind: 'failed'; problem: string }> {
  const { db, clock } = deps;
  const custom = customDatabaseOf(connection);
  const directory = custom && !custom.isImporting ? directoryFor(deps, connection) : null;
  if (directory === null) return { kind: 'kept-here' };
  const key = throttleKey('directory-password', ticket.id);
  if (!(await acquireSlot(db, { key, seconds: CHANGING_SECONDS, now: clock.now() }))) {
    return { kind: 'failed', problem: 'Another request with this link is under way.' };
  }
  const names = [user.email, user.username];
  const change = await changePasswordThere(directory, {
    names,
    password,
    context: NO_ORGANIZATION,
  });
  if (change.kind === 'done') return { kind: 'changed' };
  await clearAttempts(db, [key]);
  if (change.kind === 'declined') return { kind: 'failed', problem: 'The directory declined it.' };
  return { kind: 'failed', problem: change.kind === 'refused' ? change.message : change.problem };
}

const WHY_NOT: Record<Exclude<ResetOutcome['kind'], 'done' | 'refused' | 'unchanged'>, string> = {
  denied: 'An action has refused the new password.',
  used: 'This URL can be used only once',
  expired: 'Access expired.',
  superseded: 'Access expired.',
  'password-changed': 'Access expired.',
  unknown: 'Invalid ticket.',
};

function note(audit: Audit, outcome: ResetOutcome): void {
  const found = 'view' in outcome ? outcome.view : outcome;
  const about =
    found.kind === 'unknown'
      ? {}
      : { userId: found.user.id, clientId: found.client?.id ?? null, userName: found.user.email };
  if (outcome.kind === 'done') {
    const description = 'You can now login to the application with the new password.';
    audit.record({ ...about, type: 'scp', description });
    return;
  }
  audit.record({ ...about, type: 'fcp', description: whyNot(outcome) });
}

function whyNot(outcome: Exclude<ResetOutcome, { kind: 'done' }>): string {
  if (outcome.kind === 'unchanged') return outcome.problem;
  return outcome.kind === 'refused'
    ? PASSWORD_REFUSALS[outcome.why.kind][1]
    : WHY_NOT[outcome.kind];
}

/** Returns whether one address has requested too often. Each request leaves a task. */
async function tooMany({ db, clock }: ResetDeps, ip: string): Promise<boolean> {
  const trace = { kind: 'ResetRequest', ip, fromAddress: REQUESTS_PER_ADDRESS, now: clock.now() };
  return (await countTrace(db, trace)) > 0;
}
