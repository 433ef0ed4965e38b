import { totpStep } from '../../platform/totp/totp.ts';
import { readTypedCode } from '../../platform/typed-code/typed-code.ts';
import {
  type AuthenticationMethod,
  findMethod,
  replaceRecoveryCode,
  totpSecrets,
  useMethod,
  useTotpStep,
} from '../../records/authentication-methods/authentication-methods.ts';
import {
  type ChallengeKey,
  tryChallenge,
} from '../../records/factor-challenges/factor-challenges.ts';
import type { User } from '../../records/users/users.ts';
import { type CountedGuess, countGuess } from '../../steps/limit-guesses/limit-guesses.ts';
import { type CodeSent, type ProveFactorDeps, sendCodeTo } from './send-code.ts';

export { askForKey, proveWithKey } from './prove-with-key.ts';
export type { CodeSent, ProveFactorDeps } from './send-code.ts';

/** The user who tries a code, and from where. */
export type ChallengedUser = {
  user: User;
  clientId: string | null;
  ip: string;
  /** The secret that this browser keeps. Absent if the caller is no browser. */
  browser?: string | null;
};

export type Proof =
  | { kind: 'ok'; amr: SecondAmr; methodId: string }
  | { kind: 'wrong' }
  /** The code has expired or is used up. The user must request another. */
  | { kind: 'over' }
  | { kind: 'throttled'; retryAfterSeconds: number };

/** How the second factor was shown. RFC 8176 names the values where it has one. */
export type SecondAmr = 'otp' | 'sms' | 'tel' | 'email' | 'recovery' | 'hwk';

/**
 * Sends a code to a user's phone or email address.
 * @returns the id of the challenge, not the code
 */
export async function sendCode(
  deps: ProveFactorDeps,
  input: ChallengedUser & { method: AuthenticationMethod; channel?: 'sms' | 'voice' | undefined },
): Promise<CodeSent> {
  return sendCodeTo(deps, input);
}

/**
 * Checks the code of an authenticator application. A time step is never accepted twice.
 * @param input.methodId checks only this method and confirms it; absent: checks every confirmed method
 */
export async function proveWithOtp(
  deps: ProveFactorDeps,
  input: ChallengedUser & { code: string; methodId?: string | undefined },
): Promise<Proof> {
  const { db, clock, keys } = deps;
  const { user, methodId } = input;
  const now = clock.now();
  const counted = await countTry(deps, input);
  if (counted.kind === 'refused') return tooMany(deps, input, counted.retryAfterSeconds, 'otp');
  const code = readTypedCode(input.code);
  const secrets = await totpSecrets(db, {
    userId: user.id,
    key: keys.encryption,
    ...(methodId === undefined ? { confirmed: true } : { id: methodId }),
  });
  const seen = new Set<string>();
  for (const { id, secret } of secrets) {
    // The same secret may be enrolled twice. Its code must still be accepted only once.
    if (seen.has(secret)) continue;
    seen.add(secret);
    const step = await totpStep({ secret, code, now });
    if (step === null) continue;
    if (await useTotpStep(db, { id, userId: user.id, step, now }))
      return proved(deps, input, counted, { amr: 'otp', methodId: id });
  }
  return wrong(deps, input, 'otp');
}

/**
 * Checks a code that was sent.
 * @param input.accepts the accepted methods; a right code confirms an unconfirmed one
 */
export async function proveWithCode(
  deps: ProveFactorDeps,
  input: ChallengedUser & {
    of: ChallengeKey;
    code: string;
    accepts(method: AuthenticationMethod): boolean | Promise<boolean>;
  },
): Promise<Proof> {
  const { db, clock, keys } = deps;
  const { user, of } = input;
  const now = clock.now();
  const counted = await countTry(deps, input);
  if (counted.kind === 'refused') return tooMany(deps, input, counted.retryAfterSeconds, 'otp');
  const code = readTypedCode(input.code);
  const tried = await tryChallenge(db, { key: keys.ticket, userId: user.id, of, code, now });
  if (tried.kind === 'over') return { kind: 'over' };
  if (tried.kind === 'wrong') return wrong(deps, input, 'code');
  const { methodId, channel } = tried.challenge;
  const method = await findMethod(db, { userId: user.id, id: methodId });
  if (!method || !(await input.accepts(method))) return { kind: 'over' };
  if (!(await useMethod(db, { id: methodId, userId: user.id, now }))) return { kind: 'over' };
  const amr = channel === 'voice' ? 'tel' : channel;
  return proved(deps, input, counted, { amr, methodId });
}

/** Checks a recovery code. A right one is consumed and replaced by a new one. */
export async function proveWithRecoveryCode(
  deps: ProveFactorDeps,
  input: ChallengedUser & { code: string },
): Promise<Proof & { next?: string }> {
  const { db, clock } = deps;
  const { user } = input;
  const now = clock.now();
  const counted = await countTry(deps, input);
  if (counted.kind === 'refused')
    return tooMany(deps, input, counted.retryAfterSeconds, 'recovery');
  const code = readTypedCode(input.code);
  const next = await replaceRecoveryCode(db, { userId: user.id, code, now });
  if (next === null) return wrong(deps, input, 'recovery');
  const done = await proved(deps, input, counted, { amr: 'recovery', methodId: '' });
  return { ...done, next };
}

type What = 'otp' | 'code' | 'recovery';

/** Counts an attempt at a user's second factor before the code is checked. */
function countTry(
  { db, clock }: ProveFactorDeps,
  challengedUser: ChallengedUser,
): Promise<CountedGuess> {
  const { user, ip, browser = null } = challengedUser;
  return countGuess(db, {
    what: 'second-factor',
    whom: { accountId: user.id },
    origin: { ip, browser },
    now: clock.now(),
  });
}

async function proved(
  { audit }: ProveFactorDeps,
  challengedUser: ChallengedUser,
  counted: Extract<CountedGuess, { kind: 'go-on' }>,
  { amr, methodId }: { amr: SecondAmr; methodId: string },
): Promise<Proof> {
  await counted.forgive();
  const type = amr === 'recovery' ? 'gd_recovery_succeed' : 'gd_auth_succeed';
  audit.record({ ...eventOf(challengedUser), type, details: { factor: amr } });
  return { kind: 'ok', amr, methodId };
}

function wrong({ audit }: ProveFactorDeps, challengedUser: ChallengedUser, what: What): Proof {
  const type = what === 'recovery' ? 'gd_recovery_failed' : 'gd_auth_failed';
  audit.record({ ...eventOf(challengedUser), type, details: { factor: what } });
  return { kind: 'wrong' };
}

function tooMany(
  { audit }: ProveFactorDeps,
  challengedUser: ChallengedUser,
  retryAfterSeconds: number,
  what: 'otp' | 'recovery',
): Proof {
  const type = `gd_${what}_rate_limit_exceed`;
  audit.record({ ...eventOf(challengedUser), type, repeats: challengedUser.user.id });
  return { kind: 'throttled', retryAfterSeconds };
}

function eventOf({ user, clientId, ip }: ChallengedUser) {
  return { userId: user.id, userName: user.email, clientId, ip };
}
