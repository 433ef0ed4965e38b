import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type AuthenticationMethod,
  isWebAuthn,
} from '../../records/authentication-methods/authentication-methods.ts';
import {
  allowedBy,
  type EnrollableFactor,
  enrollable,
  type FactorSettings,
  findRequirement,
  fulfilRequirement,
  type RequiredFactor,
  readFactorSettings,
} from '../../records/factor-settings/factor-settings.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { User } from '../../records/users/users.ts';
import { adoptFactors, adoptVerifiedEmail } from '../../steps/adopt-factors/adopt-factors.ts';
import {
  type AskedFactor,
  type JudgedLogin,
  reasonsFor,
  type SecondFactorReason,
} from './reasons.ts';
import { factorOf, type UsableMethod, usable } from './usable-methods.ts';

export type { EnrollableFactor } from '../../records/factor-settings/factor-settings.ts';
export { issueMfaToken, readMfaToken, redeemMfaToken } from './mfa-token.ts';
export {
  amrOfBoth,
  awaitSecondFactor,
  finishSecondFactor,
  noteSentChallenge,
  passSecondFactor,
} from './pending-login.ts';
export {
  type AskedFactor,
  asksForMultiFactor,
  MULTI_FACTOR,
  noteCompletedLogin,
} from './reasons.ts';
export { methodsHere, methodsOf, type UsableMethod, usableMethods } from './usable-methods.ts';

export type SecondFactorDeps = { db: Db; clock: Clock; keys: Keys };

/** What must follow the first factor, and why. */
export type SecondFactorNeed =
  | { kind: 'none' }
  /** The user must show one of these methods. A recovery code is never the only one. */
  | {
      kind: 'challenge';
      methods: UsableMethod[];
      reasons: SecondFactorReason[];
      /** Whether a browser that remembers the user skips it. */
      mayBeSpared: boolean;
    }
  /** The user must enroll one of these factors: there is no usable method, or an invitation requires another one. */
  | { kind: 'enroll'; factors: EnrollableFactor[]; reasons: SecondFactorReason[] };

const NONE: SecondFactorNeed = { kind: 'none' };
/** Reasons that ask only users who have a factor. */
const ASKS_OWNERS = new Set<SecondFactorReason['kind']>(['enrolled', 'own-factors']);
const RISKS = new Set<SecondFactorReason['kind']>(['new-device', 'new-country']);
/** Reasons that apply in a remembered browser too. */
const NEVER_SPARED = new Set<SecondFactorReason['kind']>([
  'acr_values',
  'own-factors',
  'new-country',
  'invitation',
]);

/**
 * Returns whether a user who has shown the first factor must show or enroll a second one, with every reason. This is the only place that
 * decides. Imported factors count from the first login on.
 *
 * At a risk, a factor that anybody could enroll proves nothing: a user without one gets a code at the account's own verified address, if
 * the factor `email` is enabled, and enrolls a factor otherwise.
 * @param input.amr methods that the login has shown. After a second factor, only an invitation can require another one.
 */
export async function secondFactorFor(
  deps: SecondFactorDeps,
  input: JudgedLogin & { amr?: string[] | undefined },
): Promise<SecondFactorNeed> {
  const { db } = deps;
  const { user } = input;
  const settings = await readFactorSettings(db);
  const factors = enrollable(settings);
  if (factors.length === 0) return NONE;
  const hasShown = input.amr?.includes('mfa') === true;
  const required = await findRequirement(db, user.id);
  const reasons = hasShown ? [] : await reasonsFor(deps, input, settings);
  if (reasons.length === 0 && required === null) return NONE;
  const all = await adoptFactors(deps, user.id);
  const methods = usable(settings, all);
  const lacking =
    required && (await stillLacking(deps, { user, required, settings, methods: all }));
  if (lacking) reasons.push({ kind: 'invitation' });
  if (lacking && (hasShown || methods.length === 0)) {
    return { kind: 'enroll', factors: lacking, reasons };
  }
  if (reasons.length === 0) return NONE;
  const { asked } = input;
  if (methods.length > 0) {
    // A person who has a factor must pass it: a password alone must not add the one that the script names.
    const named = asked ? methods.filter((method) => isOfTypes(method, asked)) : [];
    return challenge(named.length > 0 ? named : methods, reasons, asked);
  }
  if (reasons.every(({ kind }) => ASKS_OWNERS.has(kind))) return NONE;
  const isRisk = reasons.every(({ kind }) => RISKS.has(kind) || ASKS_OWNERS.has(kind));
  const adopted = isRisk && settings.factors.email && (await adoptVerifiedEmail(deps, user));
  return adopted
    ? challenge(usable(settings, adopted), reasons)
    : { kind: 'enroll', factors, reasons };
}

/** Returns whether a method is of a factor that a script names, or the script names none. */
function isOfTypes({ kind }: UsableMethod, { types }: AskedFactor): boolean {
  return types.length === 0 || types.includes(kind === 'totp' ? 'otp' : kind);
}

function challenge(
  methods: UsableMethod[],
  reasons: SecondFactorReason[],
  asked?: AskedFactor | null,
): SecondFactorNeed {
  const isStrict = asked?.mayBeSpared === false;
  const mayBeSpared = !isStrict && !reasons.some(({ kind }) => NEVER_SPARED.has(kind));
  return { kind: 'challenge', methods, reasons, mayBeSpared };
}

/** Returns the factors of which the user must enroll one, or `null` if the user has one. The requirement has then ended. */
async function stillLacking(
  { db }: SecondFactorDeps,
  about: {
    user: User;
    required: RequiredFactor[];
    settings: FactorSettings;
    methods: AuthenticationMethod[];
  },
): Promise<EnrollableFactor[] | null> {
  const { user, required, settings, methods } = about;
  const allowed = requiredNow(required, settings);
  const owned = usable(settings, methods).map(factorOf);
  const hasKey = methods.some((method) => method.confirmed && isWebAuthn(method));
  const isKeyEnough = required.includes('any') || required.includes('webauthn');
  if (!(hasKey && isKeyEnough) && !allowed.some((factor) => owned.includes(factor))) return allowed;
  await fulfilRequirement(db, { userId: user.id, factors: required });
  return null;
}

/** Returns what a requirement means now. If the operator has disabled all its factors, every other one fulfils it. */
function requiredNow(required: RequiredFactor[], settings: FactorSettings): EnrollableFactor[] {
  const enabled = enrollable(settings);
  const allowed = allowedBy(required, enabled);
  return allowed.length > 0 ? allowed : enabled;
}

/** Returns the enabled factors that users can enroll. At the login of a user from whom an invitation requires one, only those. */
export async function enrollableFactors(
  { db }: Pick<SecondFactorDeps, 'db'>,
  userId: string | null,
): Promise<EnrollableFactor[]> {
  const settings = await readFactorSettings(db);
  const required = userId === null ? null : await findRequirement(db, userId);
  return required === null ? enrollable(settings) : requiredNow(required, settings);
}

/** Records in the tenant log that a login was asked for a second factor, with the reasons. */
export function noteAsked(
  { audit }: { audit: Audit },
  { user, client, organizationId }: Pick<JudgedLogin, 'user' | 'client' | 'organizationId'>,
  need: Exclude<SecondFactorNeed, { kind: 'none' }>,
  ip: string,
): void {
  audit.record({
    type: 'mfar',
    description: need.kind === 'enroll' ? 'A factor must be enrolled.' : 'A factor must be shown.',
    userId: user.id,
    userName: user.email,
    clientId: client.id,
    organizationId,
    ip,
    details: { reasons: need.reasons },
  });
}
