import type { Db } from '../../platform/db/db.ts';
import { isInNetworks } from '../../platform/networks/networks.ts';
import { attackProtection } from '../../records/attack-protection/attack-protection.ts';
import type { VerifiedPasskey } from '../../records/authentication-methods/authentication-methods.ts';
import type { Connection } from '../../records/connections/connections.ts';
import {
  addressKey,
  countAttempts,
  FROM_ADDRESS,
  secondsLeft,
} from '../../records/throttles/throttles.ts';
import { mayCreateAccount } from '../../steps/admit-newcomer/admit-newcomer.ts';
import {
  judgePassword,
  type RefusedPassword,
} from '../../steps/choose-password/choose-password.ts';
import { countTrace } from '../../steps/limit-traces/limit-traces.ts';
import type { FirstCredential } from './make-account.ts';
import type { SignUpDeps } from './note-sign-up.ts';

const SIGN_UPS_PER_ADDRESS = 100;
const WINDOW_SECONDS = 3600;

type Asked = {
  connection: Connection;
  /** A password, or a passkey that was just verified. */
  password: string | VerifiedPasskey;
  ip: string;
  clientId?: string | null;
  organizationId?: string | null;
  isInvited: boolean;
  profile: Parameters<typeof judgePassword>[1]['about'];
};

/**
 * Returns what a new account gets to log in with, or why there will be none. Every sign-up with a credential asks here first: whether the
 * person may come, how many came from the address, and whether the password is good. It says nothing about accounts.
 */
export async function judgeSignUp(
  deps: SignUpDeps,
  asked: Asked,
): Promise<
  | FirstCredential
  | { kind: 'disabled' }
  | { kind: 'refused'; why: RefusedPassword }
  | { kind: 'throttled'; retryAfterSeconds: number }
> {
  const { db, clock } = deps;
  const { connection, ip } = asked;
  const newcomer = {
    connection,
    clientId: asked.clientId ?? null,
    organizationId: asked.organizationId ?? null,
    // Nobody has proved a typed address.
    provedEmail: null,
    now: clock.now(),
  };
  if (!asked.isInvited && !(await mayCreateAccount(db, newcomer))) return { kind: 'disabled' };
  const retryAfterSeconds = await tooManyFrom(db, ip, clock.now());
  if (retryAfterSeconds > 0) return { kind: 'throttled', retryAfterSeconds };
  return judgeCredential(deps, asked);
}

/** Returns what the account gets to log in with, or why the password is refused. */
async function judgeCredential(
  deps: SignUpDeps,
  input: Asked,
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
