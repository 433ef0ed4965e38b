import type { Clock } from '../../platform/clock/clock.ts';
import { type Keys, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import { type Client, findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  customDatabaseOf,
  findConnection,
  isOwn,
  isSelfServiceResetEnabled,
} from '../../records/connections/connections.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  findTicketBySecret,
  issueTicket,
  type Ticket,
  ticketState,
  useTicket,
} from '../../records/tickets/tickets.ts';
import { findAccount, type User } from '../../records/users/users.ts';
import { type DirectoryDeps, directoryFor } from '../../steps/ask-directory/ask-directory.ts';
import { addressBucket, countGuess } from '../../steps/limit-guesses/limit-guesses.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { proveAddress } from '../../steps/prove-address/prove-address.ts';
import { tryPassword } from '../../steps/try-password/try-password.ts';
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
  | (Found & {
      kind: 'done';
      /** The user: the account itself, or the one it is linked to. */
      personId: string;
      /** The secret of a link to choose a password, after the proof removed what a stranger may have planted; `null` if none is needed. */
      choosePassword: string | null;
    })
  | (Found & { kind: 'already' })
  /** The legacy directory keeps the users, and has not verified the address. The link still works. */
  | (Found & { kind: 'unverified'; problem: string })
  /** The typed password is not that of the sign-up. The link still works. */
  | (Found & { kind: 'wrong' })
  /** Too many password verifications are under way. The link still works. */
  | (Found & { kind: 'busy'; retryAfterSeconds: number })
  /** Too many wrong passwords were typed. The link still works, also without a password. */
  | (Found & { kind: 'throttled'; retryAfterSeconds: number })
  /** The account comes from an identity provider, and its user must log in in this browser first. The link still works. */
  | (Found & { kind: 'log-in-first' })
  /** The account has a different address now. */
  | (Found & { kind: 'changed' })
  | Exclude<VerificationView, OpenVerification>;

const REQUESTS_PER_ADDRESS = 100;
const CHOOSING_SECONDS = 3600;

/** Returns what can be done with a verification link. Changes nothing. Logs a refusal here, because its page has no form to send. */
export async function viewVerification(
  deps: VerifyDeps & { audit: Audit },
  secret: string,
): Promise<VerificationView> {
  const view = await look(deps, secret);
  if (view.kind !== 'open') note(deps.audit, view);
  return view;
}

async function look({ db, clock }: VerifyDeps, secret: string): Promise<VerificationView> {
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

export type Confirmation = {
  secret: string;
  /** The user whose session the browser has, or `null`. */
  sessionOf: string | null;
  /** The password typed as that of the sign-up, or `null`. */
  password: string | null;
  ip: string;
};

/**
 * Consumes the link and marks the address as verified, in one transaction. If the account was never proved, everything that a stranger may
 * have planted is removed, the password included. It stays only if the user proves to have made the account: by the sign-up's password, or
 * by a session of it in this browser.
 */
export async function verifyEmail(
  deps: VerifyDeps & DirectoryDeps & { audit: Audit; keys: Keys },
  confirmation: Confirmation,
): Promise<VerifyOutcome> {
  const outcome = await verify(deps, confirmation);
  note(deps.audit, outcome);
  return outcome;
}

const WHY_NOT: Record<Exclude<VerifyOutcome['kind'], 'done' | 'already' | 'unverified'>, string> = {
  used: 'This URL can be used only once',
  expired: 'Access expired.',
  superseded: 'Access expired.',
  changed: 'The account has a different address now.',
  'log-in-first': 'The user of the account has to log in first.',
  unknown: 'Invalid ticket.',
  wrong: 'Wrong password.',
  throttled: 'Too many wrong passwords.',
  busy: 'Too many passwords are being verified.',
};

function note(audit: Audit, outcome: VerifyOutcome): void {
  const isGood = outcome.kind === 'done' || outcome.kind === 'already';
  audit.record({
    type: isGood ? 'sv' : 'fv',
    description: isGood
      ? 'Your email was verified.'
      : outcome.kind === 'unverified'
        ? outcome.problem
        : WHY_NOT[outcome.kind],
    ...(outcome.kind !== 'unknown' && {
      userId: outcome.user.id,
      userName: outcome.ticket.email ?? outcome.user.email,
      connectionId: outcome.connection.id,
      clientId: outcome.client?.id ?? null,
    }),
  });
}

async function verify(
  deps: VerifyDeps & DirectoryDeps & { keys: Keys },
  { secret, sessionOf, password, ip }: Confirmation,
): Promise<VerifyOutcome> {
  const view = await look(deps, secret);
  if (view.kind !== 'open') return view;
  if (awaitsLogin(view, sessionOf)) return { ...view, kind: 'log-in-first' };
  const knows = password !== null && view.user.isUnproven;
  const refusal = knows ? await refusalOf(deps, view.user, { password, ip }) : null;
  if (refusal !== null) return { ...view, ...refusal };
  const there = await verifyThere(deps, view);
  if (there !== null) return { ...view, kind: 'unverified', problem: there };
  const isMaker = knows || isMakerHere(view, sessionOf);
  const outcome = await transaction(deps.db, async (tx) => {
    const at = deps.clock.now();
    const kind = 'email-verification';
    const ticket = await useTicket(tx, { secretHash: sha256(secret), kind, now: at });
    const current = ticket && (await findAccount(tx, ticket.userId));
    if (!ticket || !current) return null;
    const email = ticket.email ?? current.email;
    if (email === null) return { kind: 'changed' as const };
    const proved = await proveAddress(tx, { accountId: current.id, email, isMaker, at });
    if (proved.kind === 'changed') return proved;
    if (!proved.isFirst && !proved.isEmptied) return { kind: 'already' as const };
    const choosePassword = proved.isEmptied ? await newPasswordLink(tx, deps, view, at) : null;
    return { kind: 'done' as const, personId: proved.person.id, choosePassword };
  });
  return outcome ? { ...view, ...outcome } : refused(await look(deps, secret));
}

/**
 * Verifies the address in the legacy directory, if it keeps the users and can do it. The directory is asked first. If our write fails
 * afterwards, the link still works.
 * @returns the problem, or `null`
 */
async function verifyThere(
  deps: DirectoryDeps,
  { ticket, user, connection }: OpenVerification,
): Promise<string | null> {
  const custom = customDatabaseOf(connection);
  const directory = custom && !custom.isImporting ? directoryFor(deps, connection) : null;
  const email = ticket.email ?? user.email;
  if (!directory?.verify || email === null) return null;
  const change = await directory.verify({ email, context: { organization: null } });
  switch (change.kind) {
    case 'done':
      return null;
    case 'declined':
      return 'The directory declined to verify the address.';
    case 'refused':
      return change.message;
    case 'unavailable':
      return change.problem;
  }
}

/**
 * Returns why a password proves nothing, or `null` if it is that of the sign-up. Attempts are counted, because the link's holder could
 * otherwise guess without a limit.
 */
async function refusalOf(
  deps: VerifyDeps,
  { id: accountId, connectionId }: User,
  { password, ip }: { password: string; ip: string },
) {
  const began = performance.now();
  const counted = await countGuess(deps.db, {
    what: 'sign-up-password',
    whom: { accountId },
    origin: { ip, browser: null },
    bucket: await addressBucket(deps.db, ip),
    now: deps.clock.now(),
  });
  if (counted.kind === 'refused') {
    return { kind: 'throttled' as const, retryAfterSeconds: counted.retryAfterSeconds };
  }
  const { verdict, hold } = await tryPassword(deps, { connectionId, accountId, password, began });
  if (verdict.kind !== 'right') {
    await hold();
    return verdict;
  }
  await counted.forgive();
  return null;
}

/** Returns whether a session of the account, or of the one it is linked to, proves that this browser is its maker's. */
export function isMakerHere({ user }: { user: User }, sessionOf: string | null): boolean {
  return sessionOf !== null && (sessionOf === user.id || sessionOf === user.linkedTo);
}

/**
 * Returns whether only a session of the account may confirm its address. Anybody can have an account at a provider with another person's
 * address, and no proof of the address takes that account away. So its owner must not give it the address.
 */
export function awaitsLogin(
  { user, connection }: Pick<Found, 'user' | 'connection'>,
  sessionOf: string | null,
): boolean {
  return !isOwn(connection.strategy) && !isMakerHere({ user }, sessionOf);
}

/** Returns a link to choose a password, for a user whose account lost a stranger's password, if users may set passwords here. */
async function newPasswordLink(
  tx: Db,
  { keys }: { keys: Keys },
  { ticket, user, connection }: OpenVerification,
  now: Date,
): Promise<string | null> {
  if (!isSelfServiceResetEnabled(connection)) return null;
  const { clientId, organizationId, resultUrl, includeEmailInRedirect } = ticket;
  const issued = await issueTicket(tx, {
    kind: 'password-change',
    userId: user.id,
    email: user.email,
    clientId,
    organizationId,
    resultUrl,
    includeEmailInRedirect,
    markEmailAsVerified: true,
    ttlSeconds: CHOOSING_SECONDS,
    ticketKey: keys.ticket,
    now,
  });
  return issued.secret;
}

/** Requests a working link in place of this one. The answer is always the same. */
export async function renewVerification(
  { db, clock, enqueue }: VerifyDeps & { enqueue: Enqueue },
  input: { secret: string; ip: string },
): Promise<void> {
  const { ip } = input;
  const trace = {
    kind: 'VerificationRenewal',
    ip,
    fromAddress: REQUESTS_PER_ADDRESS,
    now: clock.now(),
  };
  if ((await countTrace(db, trace)) > 0) return;
  const secretHash = sha256(input.secret).toString('hex');
  await transaction(db, (tx) => enqueue(tx, renewVerificationTask, { secretHash }));
}

/** Returns the background work of this flow. */
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
