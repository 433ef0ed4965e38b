import { readFileSync } from 'node:fs';

// The 10,000 most frequent passwords, commonest first, all in lower case: the head of the list in
// @zxcvbn-ts/language-common 4.1.3 (MIT licence, see NOTICE).
const COMMON_PASSWORDS = new URL('common-passwords.txt', import.meta.url);

let common: Set<string> | undefined;

/** Whether a password is, in whatever case, one of the common ones or of the given words. */
export function isInDictionary(password: string, words: readonly string[]): boolean {
  const folded = fold(password);
  return commonPasswords().has(folded) || words.some((word) => fold(word) === folded);
}

function commonPasswords(): Set<string> {
  common ??= new Set(readFileSync(COMMON_PASSWORDS, 'utf8').split('\n'));
  return common;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
