import { isInDictionary, isKnown } from './dictionary.ts';
import { type About, containsPersonalInfo, partsOf } from './personal-info.ts';
import { policyText } from './policy-text.ts';
import { type Complexity, evaluateRules, type Level, type PolicyRule } from './rules.ts';

export type { CharacterType, Complexity, PolicyRule } from './rules.ts';

export type PasswordPolicy = {
  level: Level;
  /** Minimum length in characters. Replaces the minimum of the level. */
  minLength?: number;
  /** Replaces the level. */
  complexity?: Complexity;
  /** Maximum length in bytes. Default: 1024. */
  maxBytes?: number;
  /** Number of former passwords that cannot be used again. The caller keeps and compares them. */
  history?: { enable: boolean; size: number };
  /**
   * Refuses common passwords and these words. Default list: the longer one, which also refuses passwords that consist of little more than
   * such ones.
   */
  dictionary?: { enable: boolean; dictionary: string[]; list?: '10k' | '200k' };
  /** `fields` by their API names, such as `user_metadata.name`. Default: the usual ones. */
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
 * Checks a new password against the policy of its connection.
 * @param about data of the person, for the rule against personal information
 * @param service names by which the person knows the service: an attacker knows them too
 * @returns the first reason for a refusal; `weak` includes every rule, the fulfilled ones too
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
  // This comes first, because it is more specific: names are also common words.
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

/** Returns whether a password is one of the 200,000 most common ones, which attackers try first. */
export function isKnownPassword(password: string): boolean {
  return Buffer.byteLength(password, 'utf8') <= MAX_BYTES && isKnown(password);
}

/** Returns the rules of a policy before a password is typed: none is verified. */
export function describePolicy(policy: PasswordPolicy): { rules: PolicyRule[] } {
  return { rules: evaluateRules(policy, '') };
}
