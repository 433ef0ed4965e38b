import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

// Sources and licences of both lists: NOTICE. All in lower case, NFKC.
const MOST_FREQUENT = new URL('common-passwords-10k.txt', import.meta.url);
const SORTED = new URL('common-passwords-200k.txt.gz', import.meta.url);

/** How many of the frequent ones are also refused with digits and signs around them. */
const WORDS = 1000;
const MIN_WORD_LENGTH = 5;
const LOOKALIKES: Record<string, string> = { '@': 'a', $: 's', '0': 'o', '1': 'i', '3': 'e' };

let frequent: { all: Set<string>; words: Set<string> } | undefined;
let sorted: Buffer | undefined;

/** Whether a password is, in whatever case, one of the 200,000 that people use most. */
export function isFrequent(password: string): boolean {
  return isInSorted(Buffer.from(fold(password)));
}

/**
 * Whether a password is, in whatever case, a common one: of the 200,000 most used or of the 10,000, or one of the thousand most used
 * with digits and signs around it (`P@ssw0rd2026!`, NIST SP 800-63B-4 3.1.1.2); or one of the given words.
 */
export function isInDictionary(
  password: string,
  words: readonly string[],
  list: '10k' | '200k' = '200k',
): boolean {
  const folded = fold(password);
  if (words.some((word) => fold(word) === folded)) return true;
  if (mostFrequent().all.has(folded)) return true;
  return list === '200k' && (isInSorted(Buffer.from(folded)) || isDecorated(folded));
}

function isDecorated(folded: string): boolean {
  const bare = folded.replace(/^[^a-z@$]+|[^a-z]+$/g, '');
  const word = bare.replace(/[@$013]/g, (sign) => LOOKALIKES[sign] ?? sign);
  return word.length >= MIN_WORD_LENGTH && mostFrequent().words.has(word);
}

function mostFrequent() {
  if (!frequent) {
    const lines = readFileSync(MOST_FREQUENT, 'utf8').split('\n');
    frequent = { all: new Set(lines), words: new Set(lines.slice(0, WORDS)) };
  }
  return frequent;
}

/** Looks among lines in the order of their bytes: a set of that many strings would take ten times the memory. */
function isInSorted(wanted: Buffer): boolean {
  sorted ??= gunzipSync(readFileSync(SORTED));
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    // A negative offset would count from the end.
    const start = middle === 0 ? 0 : sorted.lastIndexOf(10, middle - 1) + 1;
    const newline = sorted.indexOf(10, start);
    const end = newline === -1 ? sorted.length : newline;
    const order = wanted.compare(sorted, start, end);
    if (order === 0) return true;
    if (order < 0) to = Math.max(from, start - 1);
    else from = end + 1;
  }
  return false;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
