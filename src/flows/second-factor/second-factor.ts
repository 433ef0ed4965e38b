import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { AuthenticationMethod } from '../../records/authentication-methods/authentication-methods.ts';
import type { Client } from '../../records/clients/clients.ts';
import { findConnection } from '../../records/connections/connections.ts';
import {
  type FactorName,
  type FactorSettings,
  readFactorSettings,
} from '../../records/factor-settings/factor-settings.ts';
import {
  findMfaToken,
  type MfaToken,
  newMfaToken,
  useMfaToken,
} from '../../records/mfa-tokens/mfa-tokens.ts';
import type { User } from '../../records/users/users.ts';
import { adoptFactors } from '../../steps/adopt-factors/adopt-factors.ts';

export {
  amrOfBoth,
  awaitSecondFactor,
  finishSecondFactor,
  noteSentChallenge,
  passSecondFactor,
} from './pending-login.ts';

export type SecondFactorDeps = { db: Db; clock: Clock; keys: Keys };

/** Factors that a user can enroll. */
export type EnrollableFactor = Extract<FactorName, 'otp' | 'sms' | 'email'>;

/** What must follow the first factor. */
export type SecondFactorNeed =
  | { kind: 'none' }
  /** The user must show one of these methods. A recovery code is never the only one. */
  | { kind: 'challenge'; methods: AuthenticationMethod[] }
  /** The user has no usable method and must enroll one of these factors. */
  | { kind: 'enroll'; factors: EnrollableFactor[] };

/** Value of `acr_values` with which an application asks for a second factor (PAPE 1.0). */
export const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

const NONE: SecondFactorNeed = { kind: 'none' };

/**
 * Returns whether a user who has shown the first factor must show a second one. The policy is one of three: only if the application asks
 * for it with `acr_values`; always; or if the user has one (`confidence-score`: this server does not assess the risk of a login).
 * `options.mfa.active: false` exempts a connection. Imported factors count from the first login on.
 */
export async function secondFactorFor(
  deps: SecondFactorDeps,
  input: {
    user: User;
    client: Client;
    acrValues?: string | undefined;
    /** The login is for a token that manages factors. A user with a factor must show it, whatever the policy. */
    overFactors?: boolean;
  },
): Promise<SecondFactorNeed> {
  const { user } = input;
  const settings = await readFactorSettings(deps.db);
  const asked = asksForMultiFactor(input.acrValues);
  const { policies } = settings;
  const isRuled = policies.length > 0 && !(await isExempt(deps, user));
  if (!asked && !isRuled && input.overFactors !== true) return NONE;
  const factors = enrollable(settings);
  if (factors.length === 0) return NONE;
  const methods = usable(settings, await adoptFactors(deps, user.id));
  if (methods.length > 0) return { kind: 'challenge', methods };
  const always = asked || (isRuled && policies.includes('all-applications'));
  return always ? { kind: 'enroll', factors } : NONE;
}

/** Returns whether an authorization request asks for a second factor. */
export function asksForMultiFactor(acrValues: string | undefined): boolean {
  return acrValues?.split(' ').includes(MULTI_FACTOR) ?? false;
}

/** Returns a user's methods, the imported ones included. */
export function methodsOf(deps: SecondFactorDeps, userId: string): Promise<AuthenticationMethod[]> {
  return adoptFactors(deps, userId);
}

/** A method that Usher can ask for at a login. */
export type UsableMethod = AuthenticationMethod & {
  kind: 'totp' | 'phone' | 'email' | 'recovery-code';
};

/** Returns a user's confirmed methods of enabled factors. Returns none if only a recovery code is left. */
export async function usableMethods(
  deps: SecondFactorDeps,
  userId: string,
): Promise<UsableMethod[]> {
  return usable(await readFactorSettings(deps.db), await adoptFactors(deps, userId));
}

/** Returns the enabled factors that users can enroll themselves. */
export async function enrollableFactors({ db }: SecondFactorDeps): Promise<EnrollableFactor[]> {
  return enrollable(await readFactorSettings(db));
}

/**
 * Issues a token that proves for 10 minutes that a user has shown the first factor at the token endpoint. Only its hash is stored.
 * @param input.context returned unchanged when the token is read
 */
export async function issueMfaToken(
  { db, clock }: Pick<SecondFactorDeps, 'db' | 'clock'>,
  input: {
    userId: string;
    clientId: string;
    connectionId: string;
    audience?: string | null | undefined;
    scope?: string | null | undefined;
    context?: Record<string, unknown>;
  },
): Promise<string> {
  const { userId, clientId, connectionId, audience, scope, context } = input;
  return newMfaToken(db, {
    userId,
    clientId,
    connectionId,
    audience: audience ?? null,
    scope: scope ?? null,
    context: context ?? {},
    now: clock.now(),
  });
}

/** Returns the user and the context of an open token, or `null` if the token is unknown, used or expired. */
export async function readMfaToken(
  { db, clock }: Pick<SecondFactorDeps, 'db' | 'clock'>,
  token: string,
): Promise<MfaToken | null> {
  return findMfaToken(db, { token, now: clock.now() });
}

/** Uses up a token. Returns false if it is used or expired: of many requests at once, one gets true. */
export async function redeemMfaToken(
  { db, clock }: Pick<SecondFactorDeps, 'db' | 'clock'>,
  token: string,
): Promise<boolean> {
  return (await useMfaToken(db, { token, now: clock.now() })) !== null;
}

/** The user's own connection counts, even if the login was with a linked identity of another one. */
async function isExempt({ db }: SecondFactorDeps, { connectionId }: User): Promise<boolean> {
  const mfa = (await findConnection(db, connectionId))?.options.mfa;
  return typeof mfa === 'object' && mfa !== null && 'active' in mfa && mfa.active === false;
}

function enrollable({ factors }: FactorSettings): EnrollableFactor[] {
  const all: EnrollableFactor[] = ['otp', 'sms', 'email'];
  return all.filter((name) => factors[name]);
}

function usable({ factors }: FactorSettings, methods: AuthenticationMethod[]) {
  const found = methods.filter((method): method is UsableMethod => {
    if (!method.confirmed) return false;
    switch (method.kind) {
      case 'totp':
        return factors.otp;
      case 'phone':
        return factors.sms;
      case 'email':
        return factors.email;
      case 'recovery-code':
        return factors['recovery-code'];
      default:
        return false;
    }
  });
  return found.some((authenticationMethod) => authenticationMethod.kind !== 'recovery-code')
    ? found
    : [];
}
