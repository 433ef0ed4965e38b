import type {
  CharacterType,
  PasswordPolicy,
} from '../../platform/password-policy/password-policy.ts';
import { booleanOf, numberOf, objectAt, stringsOf } from './option-values.ts';

/** Returns the options of the default connection. */
export function defaultConnectionOptions(): Record<string, unknown> {
  return {
    mfa: { active: true, return_enroll_settings: true },
    validation: { username: { max: 15, min: 1 } },
    import_mode: false,
    configuration: {},
    customScripts: {},
    passwordPolicy: 'good',
    password_history: { size: 5, enable: false },
    strategy_version: 2,
    requires_username: false,
    password_dictionary: { enable: true, dictionary: [] },
    brute_force_protection: true,
    password_no_personal_info: { enable: false },
    password_complexity_options: { min_length: 8 },
    enabledDatabaseCustomization: false,
  };
}

const LEVELS = ['none', 'low', 'fair', 'good', 'excellent'] as const;

/**
 * Returns the rules for new passwords. `password_options`, the newer form, overrides the older options field by field, and its `complexity`
 * overrides the level. Default: `good`, common passwords refused (NIST SP 800-63B-4, 3.1.1.2), no history, no check for personal
 * information. With the level `none` common passwords are refused only if an option says so.
 */
export function readPasswordPolicy(options: Record<string, unknown>): PasswordPolicy {
  const newer = objectAt(options, 'password_options');
  const complexity = objectAt(newer, 'complexity');
  const newHistory = objectAt(newer, 'history');
  const newDictionary = objectAt(newer, 'dictionary');
  const profileData = objectAt(newer, 'profile_data');
  const history = objectAt(options, 'password_history');
  const dictionary = objectAt(options, 'password_dictionary');
  const minLength =
    numberOf(complexity.min_length) ??
    numberOf(objectAt(options, 'password_complexity_options').min_length);
  const level = LEVELS.find((candidate) => candidate === options.passwordPolicy) ?? 'good';
  const refusesCommon = level !== 'none' || Object.keys(complexity).length > 0;
  return {
    level,
    ...(minLength !== undefined && { minLength }),
    ...complexityOf(complexity),
    history: {
      enable: booleanOf(newHistory.active) ?? booleanOf(history.enable) ?? false,
      size: numberOf(newHistory.size) ?? numberOf(history.size) ?? 5,
    },
    dictionary: {
      enable: booleanOf(newDictionary.active) ?? booleanOf(dictionary.enable) ?? refusesCommon,
      dictionary: [...stringsOf(newDictionary.custom), ...stringsOf(dictionary.dictionary)],
      ...(newDictionary.default === 'en_10k' && { list: '10k' as const }),
    },
    noPersonalInfo: {
      enable:
        booleanOf(profileData.active) ??
        booleanOf(objectAt(options, 'password_no_personal_info').enable) ??
        false,
      ...(Array.isArray(profileData.blocked_fields) && {
        fields: stringsOf(profileData.blocked_fields),
      }),
    },
  };
}

const TYPES: Record<string, CharacterType> = {
  lowercase: 'lowerCase',
  uppercase: 'upperCase',
  number: 'numbers',
  special: 'specialCharacters',
};
// Most hashes of other systems use only so many bytes. Usher never truncates a password.
const REFUSED_BEYOND_BYTES = 72;

/** Reads `password_options.complexity`. Absent properties stay absent. */
function complexityOf(complexity: Record<string, unknown>): Partial<PasswordPolicy> {
  if (Object.keys(complexity).length === 0) return {};
  const types = stringsOf(complexity.character_types).flatMap((name) => TYPES[name] ?? []);
  const isThreeOfFour = complexity.character_type_rule === 'three_of_four' && types.length === 4;
  return {
    complexity: {
      types,
      ...(isThreeOfFour && { atLeast: 3 }),
      blocksIdentical: complexity.identical_characters === 'block',
      blocksSequential: complexity.sequential_characters === 'block',
    },
    ...(complexity.max_length_exceeded === 'error' && { maxBytes: REFUSED_BEYOND_BYTES }),
  };
}
