import { folded, lowered } from './fold.ts';
import { isFrequent, rankOf } from './frequent-passwords.ts';
import { isPredictable } from './predictable.ts';

/** What a password is compared with. */
export type Dictionary = {
  /** Words of the user store. */
  words: readonly string[];
  /** With the shorter list only whole passwords are compared. */
  list?: '10k' | '200k' | undefined;
  /** Names that whoever guesses knows: of the service. */
  names?: readonly string[] | undefined;
};

/** Whether a password is, in whatever case, one of the 200,000 that people use most. */
export function isKnown(password: string): boolean {
  return isFrequent(lowered(password));
}

/**
 * Whether a password is, in whatever case, a common one: of the 200,000 most used or of the 10,000, or one of the given words; or, unless
 * the shorter list is asked for, {@link isPredictable made of little more than such ones} (NIST SP 800-63B-4 3.1.1.2).
 */
export function isInDictionary(password: string, dictionary: Dictionary): boolean {
  const { words, list = '200k', names = [] } = dictionary;
  const typed = lowered(password);
  if (words.some((word) => lowered(word) === typed)) return true;
  if (rankOf(typed) !== undefined) return true;
  if (list === '10k') return false;
  return isFrequent(typed) || isPredictable(password, new Set([...words, ...names].map(folded)));
}
