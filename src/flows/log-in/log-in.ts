import type { Clock } from '../../platform/clock/clock.ts';
import { cookieName } from '../../platform/cookie-name/cookie-name.ts';
import type { Db } from '../../platform/db/db.ts';
import { hashPassword, type StoredHash } from '../../platform/password-hash/password-hash.ts';
import { isKnownPassword } from '../../platform/password-policy/password-policy.ts';
import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import { attackProtection } from '../../records/attack-protection/attack-protection.ts';
import {
  type Connection,
  hidesAccounts,
  loginIdentifiersOf,
} from '../../records/connections/connections.ts';
import { bindAcceptingLogin } from '../../records/invitations/invitations.ts';
import { findLoginHandoff, useLoginHandoff } from '../../records/login-handoffs/login-handoffs.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { loginEpoch } from '../../records/oidc-payloads/oidc-payloads.ts';
import { replaceOutdated } from '../../records/passwords/passwords.ts';
import { findAccountByIdentifier, findUser, type User } from '../../records/users/users.ts';
import { grantWhatWasPromised } from '../../steps/grant-what-was-promised/grant-what-was-promised.ts';
import { mayUseConnection } from '../../steps/judge-standing/judge-standing.ts';
import {
  judgeProof,
  type SignInDeps,
  signInByProof,
} from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { checkPassword } from './check-password.ts';
import { countLogin, rememberPlace } from './count-login.ts';
import { mailBlockedTask } from './mail-blocked.task.ts';
import { type MailBlockedDeps, mailBlocked } from './mail-blocked.ts';
import type { LogInDeps } from './migrate.ts';
import { refuseLogin, WHY_LIMITED } from './refuse-login.ts';

export { rememberPlace } from './count-login.ts';



export type LogInInput = {
  connection: Connection;
  /** Email, username or phone number, as typed. */
  identifier: string;
  password: string;
  ip: string;
  /** The secret that this browser keeps, or `null`. After one login with it, strangers cannot lock the user out in this browser. */
  browser?: string | null;
  clientId: string | null;
  /** The login to an organization, or `null`. Scripts of the connection may ask for it. */
  organizationId?: string | null;
  /** The login counts later, when the user returns with a handoff. */
  entersLater?: boolean;
};

export type LogInOutcome =
  | { kind: 'ok'; user: User }
  | { kind: 'wrong' }
  | {
      kind: 'throttled';
      retryAfterSeconds: number;
      /**
       * The block lasts until the user follows the link in the mail, changes the password, or an operator lifts it. Otherwise it ends by
       * itself.
       */
      untilLifted: boolean;
    }
  /** Only returned if the password is right. */
  | { kind: 'blocked' }
  /** The password is right but commonly known. The user must choose another. */
  | { kind: 'leaked' }
  /** Too many password verifications are under way. */
  | { kind: 'busy'; retryAfterSeconds: number }
  /** The legacy directory of the connection has a message for the person. */
  | { kind: 'denied'; message: string }
  /** The legacy directory does not answer. Nothing was counted, and the person may try again. */
  | { kind: 'unavailable'; retryAfterSeconds: number }
  /** The password is right in the legacy directory, but the account cannot be taken over. The tenant log says why. */
  | { kind: 'not-moved' };

// The number of database queries must not show in the response time either.
const REFUSED_TAKES_MS = 50;

/**
 * Checks an identifier and a password. An account that does not exist gets the same answers in the same time as one that does, even after
 * too many attempts.
 */
export async function logIn(deps: LogInDeps, input: LogInInput): Promise<LogInOutcome> {
  const { db, clock, audit } = deps;
  const { connection, identifier, password, ip, clientId } = input;
  const noted = { connectionId: connection.id, userName: identifier, ip, clientId };
  const began = performance.now();
  // With a linked identity, the user is the primary account, and the password is the identity's own.
  const account = await findAccountByIdentifier(db, {
    connectionId: connection.id,
    identifier: input.identifier,
    by: loginIdentifiersOf(connection),
  });
  const origin = { ip, browser: input.browser ?? null };
  const attempt = { connectionId: connection.id, identifier, clientId, origin };
  const counted = await countLogin(
    deps,
    { ...attempt, userId: account?.user.id ?? null },
    clock.now(),
  );
  if (counted.kind === 'refused') {
    const { limit, retryAfterSeconds } = counted;
    const { key: repeats } = counted;
    audit.record({ ...noted, type: limit, description: WHY_LIMITED[limit], repeats });
    await clock.pause(Math.max(0, REFUSED_TAKES_MS - (performance.now() - began)));
    return { kind: 'throttled', retryAfterSeconds, untilLifted: limit === 'limit_wc' };
  }
  // If a password from the sign-up logged in here, strangers would learn whether there was an account before. So an unconfirmed account has
  // no login yet.
  const isHidden = account?.awaitsProof === true && hidesAccounts(connection);
  const { organizationId = null } = input;
  const tried = { connection, identifier, password, clientId, organizationId };
  const checked = await checkPassword(deps, { ...tried, account, isHidden, began });
  const { verdict, hold } = checked;
  if (verdict.kind !== 'right') {
    const about = { connection, user: account?.user ?? null, noted };
    const outcome = await refuseLogin(deps, { verdict, counted, about });
    await hold();
    return outcome;
  }
  const { user } = verdict.account;
  const login = { ...noted, user };
  const judged = judgeProof(deps, login);
  if (judged.kind === 'blocked') {
    await hold();
    return judged;
  }

  const { breachedPassword } = await attackProtection(db);
  if (breachedPassword.enabled && isKnownPassword(password)) {
    const description = 'Someone logged in with a password that is known to be common.';
    audit.record({ ...noted, type: 'pwd_leak', userId: user.id, description });
    if (breachedPassword.shields.includes('block')) {
      await hold();
      return { kind: 'leaked' };
    }
  }

  await counted.settle(true);
  // The attempt was counted for a name, before there was an account.
  if (verdict.isNew) await rememberPlace(deps, { userId: user.id, origin });
  if (!input.entersLater) await signInByProof(deps, login);
  const { outdated: before } = verdict;
  if (before !== null) await rehash(deps, { userId: verdict.account.id, before, password });
  // The verification takes long enough for the password to be changed in the meantime, which signs the user out everywhere. This login must
  // not survive that.
  if (!(await loginEpoch.isCurrent(db, user.id))) {
    await hold();
    return { kind: 'wrong' };
  }
  return { kind: 'ok', user };
}

/**
 * Returns the name of the cookie that carries a handoff to the login that follows.
 * @param secure `true` under https
 */
export function loginHandoffCookie(secure: boolean): string {
  return cookieName('usher_arrival', { secure });
}

/**
 * Returns the name of the cookie that says which invitation the login under way accepts.
 * @param secure `true` under https
 */
export function acceptingCookie(secure: boolean): string {
  return cookieName('usher_accepting', { secure });
}

/** A handoff, with the application and the authorization request that use it. */
export type Handoff = Omit<Parameters<typeof useLoginHandoff>[1], 'now'>;

/** Returns the user whom {@link logInWithHandoff} would log in, or `null`. Changes nothing. */
export async function viewHandoff(
  { db, clock }: Pick<SignInDeps, 'db' | 'clock'>,
  handoff: Handoff,
): Promise<User | null> {
  const userId = await findLoginHandoff(db, { ...handoff, now: clock.now() });
  return userId === null ? null : findUser(db, userId);
}

/**
 * Logs in a user who has just set a password or followed a link, and returns with the handoff. Consumes the handoff.
 * @param input.organizationId the organization of the login, or `null`
 * @returns the user and the methods that the handoff names; `null` if the handoff has expired or is for another application, request or
 * connection, or if the user is blocked
 */
export async function logInWithHandoff(
  deps: SignInDeps,
  input: Handoff & { organizationId: string | null; ip: string },
): Promise<{ user: User; amr: string[] } | null> {
  const { db, clock } = deps;
  const { organizationId, ip, ...handoff } = input;
  const { clientId } = handoff;
  const used = await useLoginHandoff(db, { ...handoff, now: clock.now() });
  const user = used && (await findUser(db, used.userId));
  if (!user || !(await mayUseConnection(db, { user, clientId, organizationId }))) return null;
  const { connectionId, email: userName } = user;
  const entered = await signInByProof(deps, { user, connectionId, userName, clientId, ip });
  return entered.kind === 'ok' ? { user, amr: used.amr } : null;
}

/**
 * Accepts the open invitations of a user to an application, before it gets a code or tokens, so that the tokens carry what was promised.
 * Runs at every authorization, also with an existing session.
 * @param login.session names the login, whose ID token carries the data of the invitations that it accepts
 * @param login.handoff of an invitation that was accepted before, in this browser: its data belongs to this login
 * @returns whether an invitation was accepted: what it gave may require a second factor
 */
export async function acceptPromisedInvitations(
  deps: { db: Db; clock: Clock; audit: Audit },
  login: { userId: string; clientId: string; session: string | null; handoff?: string | null },
): Promise<boolean> {
  const { handoff = null, ...rest } = login;
  const { session } = rest;
  const hasGiven = await grantWhatWasPromised(deps, rest);
  if (handoff !== null && session !== null) {
    await bindAcceptingLogin(deps.db, { ...rest, session, handoff, now: deps.clock.now() });
  }
  return hasGiven;
}

/** Stores the better hash. A failure never fails the login: the next login tries again. */
async function rehash(
  { db, log }: SignInDeps,
  { userId, before, password }: { userId: string; before: StoredHash; password: string },
): Promise<void> {
  try {
    const phc = await hashPassword(password);
    await replaceOutdated(db, { userId, before, phc });
  } catch (error) {
    log.warn({ err: error, userId }, 'an outdated password hash was not replaced');
  }
}

/** Returns the background work of this flow. */
export function logInHandlers(deps: MailBlockedDeps): Registration[] {
  return [handle(mailBlockedTask, (about) => mailBlocked(deps, about))];
}
