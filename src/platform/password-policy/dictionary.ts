import { folded, lowered } from './fold.ts';
import { isFrequent, rankOf } from './frequent-passwords.ts';
import { isPredictable } from './predictable.ts';

/** The words and lists that a password is compared with. */
export type Dictionary = {
  /** The connection's own words. */
  words: readonly string[];
  /** Default: the longer list, `200k`. With `10k` only whole passwords are compared. */
  list?: '10k' | '200k' | undefined;
  /** Names that an attacker knows, such as that of the service. */
  names?: readonly string[] | undefined;
};

/** Returns whether a password is, in any case, one of the 200,000 most used ones. */
export function isKnown(password: string): boolean {
  return isFrequent(lowered(password));
}

/**
 * Returns whether a password is, in any case, a common one of the chosen list, or one of the given words. With the longer list it also
 * returns whether the password {@link isPredictable consists of little more than such ones} (NIST SP 800-63B-4 3.1.1.2).
 */
export function isInDictionary(password: string, dictionary: Dictionary): boolean {
  const { words, list = '200k', names = [] } = dictionary;
  const typed = lowered(password);
  if (words.some((word) => lowered(word) === typed)) return true;
  if (rankOf(typed) !== undefined) return true;
  if (list === '10k') return false;
  return isFrequent(typed) || isPredictable(password, new Set([...words, ...names].map(folded)));
}
