import { isInDictionary, isKnown } from './dictionary.ts';
import { type About, containsPersonalInfo, partsOf } from './personal-info.ts';
import { policyText } from './policy-text.ts';
import { type Complexity, evaluateRules, type Level, type PolicyRule } from './rules.ts';

export type { CharacterType, Complexity, PolicyRule } from './rules.ts';

export type PasswordPolicy = {
  level: Level;
  /** Characters; replaces the minimum of the level. */
  minLength?: number;
  /** Takes the place of the level. */
  complexity?: Complexity;
  /** Longer ones are refused; 1024 unless told. */
  maxBytes?: number;
  /** How many former passwords may not be used again. Whoever keeps them compares. */
  history?: { enable: boolean; size: number };
  /**
   * Refuses common passwords, from the longer list unless told, and these words. With the longer list also what is made of little more than
   * such ones.
   */
  dictionary?: { enable: boolean; dictionary: string[]; list?: '10k' | '200k' };
  /** `fields` by their names on the wire, such as `user_metadata.name`; the usual ones unless told. */
  noPersonalInfo?: { enable: boolean; fields?: string[] };
};

export type PolicyOutcome =
  | { kind: 'ok' }
  | { kind: 'weak'; rules: PolicyRule[]; policyText: string }
  | { kind: 'common' }
  | { kind: 'personal' }
  | { kind: 'too-long' };

// 256 characters of any script fit.
const MAX_BYTES = 1024;

/**
 * Checks a new password against the policy of its user store.
 * @param about what is known of the person, for the rule against personal information
 * @param service names by which the person knows where the password is for: whoever guesses knows them too
 * @returns the first reason to refuse it; `weak` comes with every rule, the fulfilled ones too
 */
export function checkPassword(
  policy: PasswordPolicy,
  password: string,
  about: About,
  service: readonly string[] = [],
): PolicyOutcome {
  if (Buffer.byteLength(password, 'utf8') > (policy.maxBytes ?? MAX_BYTES))
    return { kind: 'too-long' };
  const rules = evaluateRules(policy, password);
  if (!rules.every((rule) => rule.verified)) {
    return { kind: 'weak', rules, policyText: policyText(rules) };
  }
  const { dictionary, noPersonalInfo } = policy;
  // First, for it says more: names are common words too.
  if (noPersonalInfo?.enable && containsPersonalInfo(password, about, noPersonalInfo.fields)) {
    return { kind: 'personal' };
  }
  if (dictionary?.enable) {
    const { dictionary: words, list } = dictionary;
    if (isInDictionary(password, { words, list, names: partsOf(service) })) {
      return { kind: 'common' };
    }
  }
  return { kind: 'ok' };
}

/** Whether a password is one of the 200,000 most common ones, which whoever guesses tries first. */
export function isKnownPassword(password: string): boolean {
  return Buffer.byteLength(password, 'utf8') <= MAX_BYTES && isKnown(password);
}

/** The rules of a policy before anything is typed: none is verified. */
export function describePolicy(policy: PasswordPolicy): { rules: PolicyRule[] } {
  return { rules: evaluateRules(policy, '') };
}
