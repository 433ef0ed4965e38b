import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type AuthenticationMethod,
  methodsOfUser,
} from '../../records/authentication-methods/authentication-methods.ts';
import type { Client } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import {
  type FactorName,
  type FactorSettings,
  readFactorSettings,
} from '../../records/factor-settings/factor-settings.ts';
import { findMfaToken, type MfaToken, newMfaToken } from '../../records/mfa-tokens/mfa-tokens.ts';
import type { User } from '../../records/users/users.ts';
import { adoptImported } from './imported-factors.ts';

export type SecondFactorDeps = { db: Db; clock: Clock; keys: Keys };

/** Factors that somebody can enrol. */
export type EnrollableFactor = Extract<FactorName, 'otp' | 'sms' | 'email'>;

/** What has to follow the first factor. */
export type SecondFactorNeed =
  | { kind: 'none' }
  /** One of these methods; a recovery code only ever besides others. */
  | { kind: 'challenge'; methods: AuthenticationMethod[] }
  /** The person has none that counts, and must enrol one of these. */
  | { kind: 'enroll'; factors: EnrollableFactor[] };

/** An `acr_values` with which an application asks for a second factor (PAPE 1.0). */
export const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

const NONE: SecondFactorNeed = { kind: 'none' };

/**
 * Whether somebody who has shown the first factor must show a second. By policy: never, unless the application asks for it with
 * `acr_values`; always; or whenever they have one (`confidence-score`: this server doesn't judge how risky a login is). A user store
 * can be exempt with `options.mfa.active: false`. Factors that came with an import count from the first login.
 */
export async function secondFactorFor(
  deps: SecondFactorDeps,
  input: {
    user: User;
    client: Client;
    acrValues?: string | undefined;
    connection: Connection;
    /** The login is for a token over the person's factors: whoever has one must show it, whatever the policy. */
    overFactors?: boolean;
  },
): Promise<SecondFactorNeed> {
  const { user, connection } = input;
  const settings = await readFactorSettings(deps.db);
  const asked = asksForMultiFactor(input.acrValues);
  const { policies } = settings;
  const isRuled = policies.length > 0 && !isExempt(connection);
  if (!asked && !isRuled && input.overFactors !== true) return NONE;
  const factors = enrollable(settings);
  if (factors.length === 0) return NONE;
  const methods = usable(settings, await methodsOf(deps, user.id));
  if (methods.length > 0) return { kind: 'challenge', methods };
  const always = asked || (isRuled && policies.includes('all-applications'));
  return always ? { kind: 'enroll', factors } : NONE;
}

/** Whether an authorization request asks for a second factor. */
export function asksForMultiFactor(acrValues: string | undefined): boolean {
  return acrValues?.split(' ').includes(MULTI_FACTOR) ?? false;
}

/** A person's methods; those that came with an import are taken over first. */
export async function methodsOf(
  { db, clock, keys }: SecondFactorDeps,
  userId: string,
): Promise<AuthenticationMethod[]> {
  const found = await methodsOfUser(db, userId);
  if (!found.imported) return found.methods;
  await adoptImported(db, { userId, key: keys.encryption, now: clock.now() });
  return (await methodsOfUser(db, userId)).methods;
}

/** A person's confirmed methods whose factor is switched on; none when there is only a recovery code. */
export async function usableMethods(
  deps: SecondFactorDeps,
  userId: string,
): Promise<AuthenticationMethod[]> {
  return usable(await readFactorSettings(deps.db), await methodsOf(deps, userId));
}

/** Factors that are switched on and that people can enrol by themselves. */
export async function enrollableFactors({ db }: SecondFactorDeps): Promise<EnrollableFactor[]> {
  return enrollable(await readFactorSettings(db));
}

/**
 * Proof for ten minutes that somebody has shown the first factor at the token endpoint. Only its hash is kept.
 * @param input.context whatever the token endpoint wants back with it
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

/** Whose an open token is, and what they want; null when it is unknown, used or expired. */
export async function readMfaToken(
  { db, clock }: Pick<SecondFactorDeps, 'db' | 'clock'>,
  token: string,
): Promise<MfaToken | null> {
  return findMfaToken(db, { token, now: clock.now() });
}

function isExempt({ options }: Connection): boolean {
  const { mfa } = options;
  return typeof mfa === 'object' && mfa !== null && 'active' in mfa && mfa.active === false;
}

function enrollable({ factors }: FactorSettings): EnrollableFactor[] {
  const all: EnrollableFactor[] = ['otp', 'sms', 'email'];
  return all.filter((name) => factors[name]);
}

function usable({ factors }: FactorSettings, methods: AuthenticationMethod[]) {
  const found = methods.filter((one) => {
    if (!one.confirmed) return false;
    switch (one.kind) {
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
  return found.some((one) => one.kind !== 'recovery-code') ? found : [];
}
