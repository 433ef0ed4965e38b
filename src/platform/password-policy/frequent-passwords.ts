import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

// NOTICE has the sources and licenses of both lists. Both are in lower case, NFKC.
const MOST_FREQUENT = new URL('common-passwords-10k.txt', import.meta.url);
const SORTED = new URL('common-passwords-200k.txt.gz', import.meta.url);

let ranks: Map<string, number> | undefined;
let sorted: Buffer | undefined;

/** Returns the rank of a lowered text among the 10,000 most used passwords, from 1, or `undefined` if it has none. */
export function rankOf(text: string): number | undefined {
  ranks ??= new Map(
    readFileSync(MOST_FREQUENT, 'utf8')
      .split('\n')
      .map((line, index) => [line, index + 1]),
  );
  return ranks.get(text);
}

/**
 * Returns whether a lowered text is one of the 200,000 most used passwords. It searches sorted lines in byte order, because a set of that
 * many strings would take ten times the memory.
 */
export function isFrequent(text: string): boolean {
  const wanted = Buffer.from(text);
  sorted ??= gunzipSync(readFileSync(SORTED));
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    // A negative offset counts from the end.
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
