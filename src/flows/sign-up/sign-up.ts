import { type Db, transaction } from '../../platform/db/db.ts';
import { isInNetworks } from '../../platform/networks/networks.ts';
import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import { attackProtection } from '../../records/attack-protection/attack-protection.ts';
import type { VerifiedPasskey } from '../../records/authentication-methods/authentication-methods.ts';
import { findClient } from '../../records/clients/clients.ts';
import { type Connection, hidesAccounts } from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import {
  addressKey,
  countAttempts,
  FROM_ADDRESS,
  secondsLeft,
} from '../../records/throttles/throttles.ts';
import type { User } from '../../records/users/users.ts';
import { mayCreateAccount } from '../../steps/admit-newcomer/admit-newcomer.ts';
import {
  judgePassword,
  type RefusedPassword,
} from '../../steps/choose-password/choose-password.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { type SignInDeps, signInByProof } from '../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { finishSignUpTask } from './finish-sign-up.task.ts';
import { askForAccount, finishSignUp } from './finish-sign-up.ts';
import { type FirstCredential, makeAccount } from './make-account.ts';
import { type EndedSignUp, noteSignUp, type SignUpDeps } from './note-sign-up.ts';

export type { SignUpDeps } from './note-sign-up.ts';

export type SignUpInput = {
  connection: Connection;
  /** `null` at a connection whose users sign up without one. */
  email: string | null;
  /** A password, or a passkey that was just verified. */
  password: string | VerifiedPasskey;
  ip: string;
  clientId?: string | null;
  username?: string | null;
  phoneNumber?: string | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  nickname?: string | null;
  picture?: string | null;
  userMetadata?: Record<string, unknown> | null;
  /** The login to an organization that the sign-up belongs to. */
  organizationId?: string | null;
  /**
   * The sign-up follows an invitation to this address. It is allowed where public sign-up is off, and the acceptance confirms the address.
   */
  isInvited?: boolean;
  /** Only a mail says how the sign-up ends, also at a connection that does not hide who has an account. */
  onlyMailTells?: boolean;
  /** Logs in at once with a new account, in the browser that keeps this secret. */
  browser?: string;
};

export type SignUpOutcome =
  | EndedSignUp
  /** Only a mail says how the sign-up ends. `user` is what the caller may see. */
  | { kind: 'asked'; user: Pick<User, 'id' | 'email' | 'emailVerified'> };

const SIGN_UPS_PER_ADDRESS = 100;
const WINDOW_SECONDS = 3600;

/**
 * Creates an account with a password and mails a link that verifies the address. `exists` takes as long as `created`; the caller decides
 * what to answer. If the connection hides who has an account, the outcome is `asked` for a known address as for a new one. A task does the
 * rest and ends with a mail.
 */
export async function signUp(
  deps: SignUpDeps & SignInDeps,
  input: SignUpInput,
): Promise<SignUpOutcome> {
  const { browser, ...asked } = input;
  const outcome = await tryToSignUp(deps, asked);
  const kind = typeof asked.password === 'string' ? 'password' : 'passkey';
  if (outcome.kind !== 'asked') noteSignUp(deps, { ...asked, credential: { kind } }, outcome);
  if (outcome.kind !== 'created' || browser === undefined) return outcome;
  const { user } = outcome;
  const { connection, email: userName, clientId = null, ip } = asked;
  const login = { user, connectionId: connection.id, userName, clientId, ip, browser };
  await signInByProof(deps, login);
  return outcome;
}

/** Returns the background work of this flow. */
export function signUpHandlers(deps: SignUpDeps): Registration[] {
  return [handle(finishSignUpTask, ({ sealed }) => finishSignUp(deps, sealed))];
}

async function tryToSignUp(
  deps: SignUpDeps,
  input: Omit<SignUpInput, 'browser'>,
): Promise<SignUpOutcome> {
  const { db, clock } = deps;
  const { isInvited = false, onlyMailTells = false, organizationId, ...rest } = input;
  const { connection, ip, password, ...profile } = rest;
  const clientId = input.clientId ?? null;
  const newcomer = {
    connection,
    clientId,
    organizationId: organizationId ?? null,
    // Nobody has proved a typed address.
    provedEmail: null,
    now: clock.now(),
  };
  if (!isInvited && !(await mayCreateAccount(db, newcomer))) return { kind: 'disabled' };

  const retryAfterSeconds = await tooManyFrom(db, ip, clock.now());
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };

  const judged = await judgeCredential(deps, { ...input, profile });
  if (judged.kind === 'refused') return judged;

  const { email } = profile;
  const isHidden = onlyMailTells || hidesAccounts(connection);
  if (isHidden && email !== null && !isInvited) {
    const user = await askForAccount(deps, {
      connectionId: connection.id,
      profile: { ...profile, email },
      credential: judged,
      clientId,
      organizationId: organizationId ?? null,
      ip,
    });
    return { kind: 'asked', user };
  }
  const client = clientId === null ? null : await findClient(db, clientId);
  const link = await linkSettings(db, 'verify_email', client);
  return transaction(db, (tx) =>
    makeAccount(tx, deps, {
      connection,
      profile,
      credential: judged,
      clientId,
      isInvited,
      link,
      at: clock.now(),
    }),
  );
}

/** Returns what the account gets to log in with, or why the password is refused. */
async function judgeCredential(
  deps: SignUpDeps,
  input: Pick<SignUpInput, 'connection' | 'password' | 'clientId' | 'ip'> & {
    profile: Parameters<typeof judgePassword>[1]['about'];
  },
): Promise<FirstCredential | { kind: 'refused'; why: RefusedPassword }> {
  const { connection, password, ip, profile: about } = input;
  if (typeof password !== 'string') return { kind: 'passkey', passkey: password };
  const clientId = input.clientId ?? null;
  const judging = { connection, accountId: null, about, password, clientId, ip };
  const judged = await judgePassword(deps, judging);
  return judged.kind === 'refused'
    ? { kind: 'refused', why: judged.why }
    : { kind: 'password', chosen: judged.chosen };
}

/**
 * Returns the seconds to wait, or `0` if the sign-up may go on. This hourly limit applies besides the operator's throttle, because accounts
 * with made-up addresses cost mails.
 */
async function tooManyFrom(db: Db, ip: string, now: Date): Promise<number> {
  const { enabled, shields, allowlist, preUserRegistration } = (await attackProtection(db))
    .suspiciousIp;
  if (!enabled || !shields.includes('block') || isInNetworks(ip, allowlist)) return 0;
  const { maxAttempts, rate } = preUserRegistration;
  const hour = addressKey(FROM_ADDRESS.signUpHour, ip);
  const counter = { key: hour, windowSeconds: WINDOW_SECONDS };
  const counted = await countAttempts(db, {
    account: null,
    ways: [{ place: null, counters: [counter], fillsBucket: true, unless: [] }],
    bucket: { key: addressKey(FROM_ADDRESS.signUp, ip), most: maxAttempts, everyMs: rate },
    now,
  });
  if (counted.kind === 'held') return counted.seconds;
  const most = Math.max(SIGN_UPS_PER_ADDRESS, maxAttempts);
  if ((counted.counts.get(hour) ?? 0) > most) {
    return Math.max(1, await secondsLeft(db, { key: hour, now }));
  }
  return countTrace(db, { kind: 'SignUp', ip, fromAddress: null, now });
}
