import { stringsOf } from './option-values.ts';

/** How a connection to an identity provider treats the people who come from there. */
export type ProviderRules = {
  /** When the profile of the user follows the provider's. `never`: such a user is not created either. */
  rootAttributes: 'each-login' | 'first-login' | 'never';
  /** Attributes of the profile that are not stored, by their names on the wire. */
  notStored: string[];
};

const ROOT_ATTRIBUTES: Record<string, ProviderRules['rootAttributes']> = {
  on_each_login: 'each-login',
  on_first_login: 'first-login',
  never_on_login: 'never',
};

/** Reads `set_user_root_attributes` and `non_persistent_attrs`. */
export function readProviderRules(options: Record<string, unknown>): ProviderRules {
  return {
    rootAttributes: ROOT_ATTRIBUTES[String(options.set_user_root_attributes)] ?? 'each-login',
    notStored: stringsOf(options.non_persistent_attrs),
  };
}
