import { folded, readings } from './fold.ts';
import { isFrequent, rankOf } from './frequent-passwords.ts';
import { runLengths } from './runs.ts';

// Costs are powers of ten: 2 means a hundred guesses.
/** A million guesses are too few (NIST SP 800-63B-4 3.1.1.2 requires the list against online guessing, where attempts are counted). */
const ENOUGH = 6;
const CHARACTER = 1;
/** A sign at the end: usually one of the same few. */
const LAST_SIGN = 0.5;
const RUN = 1.5;
const YEAR = 1.5;
const COPY = 0.5;
/** An attacker knows the names of the service and of the person. */
const KNOWN_WORD = 1;
const LISTED_WORD = 3.7;

const LONGEST_COPIED = 16;
const LONGEST_WORD = 24;
const LEAST_KNOWN = 3;
const LEAST_RANKED = 4;
const LEAST_LISTED = 5;
/** Maximum number of searches in the longer list. Each takes some µs, and a predictable password matches at its first words. */
const MOST_SEARCHES = 150;

/** Reports that from a place on this many characters can be guessed as one part, at this cost. */
type Offer = (length: number, cost: number) => void;

/**
 * Returns whether a million guesses find the password because it consists of parts that attackers combine: common words, years, alphabet or
 * keyboard runs, and repetitions, with few other characters. Accents, case and look-alikes (`P@ssw0rd`) add nothing.
 * @param words folded: further words that attackers try first
 */
export function isPredictable(password: string, words: ReadonlySet<string>): boolean {
  const text = folded(password);
  // A short password has few characters to guess. The minimum length handles that.
  return leastCost(text, words) < Math.min(ENOUGH, costOfTyping(text));
}

function costOfTyping(text: string): number {
  const signs = isSign(text.at(-1) ?? '') ? 1 : 0;
  return (text.length - signs) * CHARACTER + signs * LAST_SIGN;
}

/**
 * Returns the lowest total cost of parts that make up the text: the shortest path from its beginning to its end. Stops at {@link ENOUGH}.
 */
function leastCost(text: string, words: ReadonlySet<string>): number {
  const best: number[] = new Array(text.length + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = 0;
  const offers = [offerRuns(text), offerCopies(text), offerWords(text, words)];
  // The end of the furthest part whose cost is still below the limit.
  let open = 0;
  for (let at = 0; at < text.length && open >= at; at++) {
    const before = best[at] ?? 0;
    if (before >= ENOUGH) continue;
    const offer: Offer = (length, cost) => {
      const end = at + length;
      if (before + cost >= Math.min(ENOUGH, best[end] ?? 0)) return;
      best[end] = before + cost;
      open = Math.max(open, end);
    };
    const isLast = at === text.length - 1;
    offer(1, isLast && isSign(text.at(-1) ?? '') ? LAST_SIGN : CHARACTER);
    if (/^(?:19[5-9]|20[0-3])\d/.test(text.slice(at, at + 4))) offer(4, YEAR);
    for (const propose of offers) propose(at, offer);
  }
  return best[text.length] ?? 0;
}

function offerRuns(text: string) {
  const runs = runLengths(text);
  return (at: number, offer: Offer) => {
    const length = runs[at] ?? 0;
    if (length > 0) offer(length, RUN);
  };
}

/** Offers repetitions of the characters before a place. */
function offerCopies(text: string) {
  const lengths: number[][] = [];
  for (let back = 1; back <= Math.min(LONGEST_COPIED, text.length); back++) {
    const same: number[] = new Array(text.length + 1).fill(0);
    for (let at = text.length - 1; at >= back; at--) {
      same[at] = text[at] === text[at - back] ? (same[at + 1] ?? 0) + 1 : 0;
    }
    lengths.push(same);
  }
  return (at: number, offer: Offer) => {
    for (const [index, same] of lengths.entries()) {
      const back = index + 1;
      const length = same[at] ?? 0;
      if (length < Math.max(2, back)) continue;
      offer(length - (length % back), COPY);
      offer(length, COPY);
    }
  };
}

function offerWords(text: string, words: ReadonlySet<string>) {
  const variants = [...new Set([text, readAs(text, 1), readAs(text, 2)])];
  let searches = MOST_SEARCHES;
  const isListed = (word: string) =>
    word.length >= LEAST_LISTED && isLetter(word[0] ?? '') && searches-- > 0 && isFrequent(word);
  return (at: number, offer: Offer) => {
    const longest = Math.min(LONGEST_WORD, text.length - at);
    const begins = at === 0 || !isLetter(text[at - 1] ?? '');
    for (let length = LEAST_KNOWN; length <= longest; length++) {
      // The longer search is worthwhile only for parts that begin or end at a word boundary.
      const isWhole = begins || !isLetter(text[at + length] ?? '');
      for (const word of new Set(variants.map((variant) => variant.slice(at, at + length)))) {
        const known = costOfKnown(word, words);
        if (known !== null) offer(length, known);
        else if (isWhole && isListed(word)) offer(length, LISTED_WORD);
      }
    }
  };
}

function costOfKnown(word: string, words: ReadonlySet<string>): number | null {
  if (words.has(word)) return KNOWN_WORD;
  const rank = word.length < LEAST_RANKED ? undefined : rankOf(word);
  return rank === undefined ? null : Math.max(KNOWN_WORD, Math.log10(rank));
}

/** Replaces look-alikes by their first or second letter. */
function readAs(text: string, place: number): string {
  return Array.from(text, (character) => {
    const all = readings(character);
    return all[place] ?? all[1] ?? character;
  }).join('');
}

function isLetter(character: string): boolean {
  return /\p{L}/u.test(character);
}

function isSign(character: string): boolean {
  return character !== '' && !/[\p{L}\p{M}\p{N}]/u.test(character);
}
