import { type Db, transaction } from '../../platform/db/db.ts';
import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import { attackProtection, isListed } from '../../records/attack-protection/attack-protection.ts';
import { findClient } from '../../records/clients/clients.ts';
import {
  type Connection,
  hidesAccounts,
  isSignupEnabled,
} from '../../records/connections/connections.ts';
import { linkSettings } from '../../records/email-templates/email-templates.ts';
import { addressKey, countAttempts, secondsLeft } from '../../records/throttles/throttles.ts';
import type { User } from '../../records/users/users.ts';
import { judgePassword } from '../../steps/choose-password/choose-password.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import { finishSignUpTask } from './finish-sign-up.task.ts';
import { askForAccount, finishSignUp } from './finish-sign-up.ts';
import { makeAccount } from './make-account.ts';
import { type EndedSignUp, noteSignUp, type SignUpDeps } from './note-sign-up.ts';

export type { SignUpDeps } from './note-sign-up.ts';

export type SignUpInput = {
  connection: Connection;
  /** null where people sign up without. */
  email: string | null;
  password: string;
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
  /** The login to an organization that it belongs to. */
  organizationId?: string | null;
  /** Follows an invitation to this address: may sign up where nobody else may, and accepting it confirms the address. */
  isInvited?: boolean;
};

export type SignUpOutcome =
  | EndedSignUp
  /** How it ends is told by mail alone; as whoever signs up sees it. */
  | { kind: 'asked'; user: Pick<User, 'id' | 'email' | 'emailVerified'> };

const SIGN_UPS_PER_ADDRESS = 100;
const WINDOW_SECONDS = 3600;

/**
 * Creates an account with a password and mails a link that verifies the address. `exists` takes the time of `created`; the
 * caller decides what to say. Where the user store hides who has an account, the outcome is `asked` for a known address as for a new one:
 * the rest is done in a task, and ends with a mail.
 */
export async function signUp(deps: SignUpDeps, input: SignUpInput): Promise<SignUpOutcome> {
  const outcome = await tryToSignUp(deps, input);
  if (outcome.kind !== 'asked') noteSignUp(deps, input, outcome);
  return outcome;
}

/** What this flow does in the background. */
export function signUpHandlers(deps: SignUpDeps): Registration[] {
  return [handle(finishSignUpTask, ({ sealed }) => finishSignUp(deps, sealed))];
}

async function tryToSignUp(deps: SignUpDeps, input: SignUpInput): Promise<SignUpOutcome> {
  const { db, clock } = deps;
  const { connection, ip, password, isInvited = false, organizationId, ...profile } = input;
  if (!isSignupEnabled(connection) && !isInvited) return { kind: 'disabled' };

  const retryAfterSeconds = await tooManyFrom(db, ip, clock.now());
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };

  const clientId = input.clientId ?? null;
  const judged = await judgePassword(deps, {
    connection,
    accountId: null,
    about: profile,
    password,
    clientId,
    ip,
  });
  if (judged.kind === 'refused') return { kind: 'refused', why: judged.why };
  const { chosen } = judged;

  const { email } = profile;
  if (hidesAccounts(connection) && email !== null && !isInvited) {
    const user = await askForAccount(deps, {
      connectionId: connection.id,
      profile: { ...profile, email },
      chosen,
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
      chosen,
      clientId,
      isInvited,
      link,
      at: clock.now(),
    }),
  );
}

/** Seconds to wait; 0: go on. An hour's limit besides the pace that operators set: made-up accounts cost mails. */
async function tooManyFrom(db: Db, ip: string, now: Date): Promise<number> {
  const { enabled, shields, allowlist, preUserRegistration } = (await attackProtection(db))
    .suspiciousIp;
  if (!enabled || !shields.includes('block') || isListed(ip, allowlist)) return 0;
  const { maxAttempts, rate } = preUserRegistration;
  const hour = addressKey('sign-up-hour', ip);
  const counter = { key: hour, windowSeconds: WINDOW_SECONDS };
  const counted = await countAttempts(db, {
    account: null,
    ways: [{ place: null, counters: [counter], fillsBucket: true, unless: [] }],
    bucket: { key: addressKey('sign-up-from', ip), most: maxAttempts, everyMs: rate },
    now,
  });
  if (counted.kind === 'held') return counted.seconds;
  const most = Math.max(SIGN_UPS_PER_ADDRESS, maxAttempts);
  if ((counted.counts.get(hour) ?? 0) > most) {
    return Math.max(1, await secondsLeft(db, { key: hour, now }));
  }
  return countTrace(db, { kind: 'SignUp', ip, fromAddress: null, now });
}
