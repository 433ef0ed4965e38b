import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type {
  AuthenticationMethod,
  SecurityKey,
} from '../../records/authentication-methods/authentication-methods.ts';
import {
  type EnrollableFactor,
  type FactorSettings,
  readFactorSettings,
} from '../../records/factor-settings/factor-settings.ts';
import { adoptFactors } from '../../steps/adopt-factors/adopt-factors.ts';
import { relyingPartyHere } from '../../steps/verify-passkey/verify-passkey.ts';

type Deps = { db: Db; clock: Clock; keys: Keys };

/** A method that Usher can ask for at a login. */
export type UsableMethod = AuthenticationMethod & {
  kind: 'totp' | 'phone' | 'email' | SecurityKey | 'recovery-code';
};

/** Returns a user's methods, the imported ones included. */
export function methodsOf(deps: Deps, userId: string): Promise<AuthenticationMethod[]> {
  return adoptFactors(deps, userId);
}

/** Returns a user's confirmed methods of enabled factors. Returns none if only a recovery code is left. */
export async function usableMethods(deps: Deps, userId: string): Promise<UsableMethod[]> {
  return usable(await readFactorSettings(deps.db), await adoptFactors(deps, userId));
}

/** Returns the confirmed methods of enabled factors. Returns none if only a recovery code is left. */
export function usable(
  { factors }: Pick<FactorSettings, 'factors'>,
  methods: AuthenticationMethod[],
): UsableMethod[] {
  const found = methods.filter((method): method is UsableMethod => {
    if (!method.confirmed) return false;
    if (method.kind === 'recovery-code') return factors['recovery-code'];
    const factor = factorOf(method);
    return factor !== null && factors[factor];
  });
  return found.some((method) => method.kind !== 'recovery-code') ? found : [];
}

/**
 * Returns the methods that a page can ask for at the domain of this request. A security key of another domain cannot answer there. If a user
 * has nothing else, it stays: nobody gets past it.
 */
export function methodsHere(
  { publicUrl }: { publicUrl: string },
  methods: UsableMethod[],
): UsableMethod[] {
  const here = relyingPartyHere(publicUrl)?.id;
  const answerable = methods.filter(
    ({ credential }) => credential === null || credential.relyingParty === here,
  );
  return answerable.some(({ kind }) => kind !== 'recovery-code') ? answerable : methods;
}

/** Returns the factor of a method, or `null` if it is none that users enroll, or a key that an earlier version stored unread. */
export function factorOf({ kind, credential }: AuthenticationMethod): EnrollableFactor | null {
  switch (kind) {
    case 'totp':
      return 'otp';
    case 'phone':
      return 'sms';
    case 'email':
      return kind;
    case 'webauthn-roaming':
    case 'webauthn-platform':
      return credential === null ? null : kind;
    default:
      return null;
  }
}
