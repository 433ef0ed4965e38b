import { folded, readings } from './fold.ts';
import { isFrequent, rankOf } from './frequent-passwords.ts';
import { runLengths } from './runs.ts';

// Costs are powers of ten: 2 stands for a hundred guesses.
/** A million guesses are too few (NIST SP 800-63B-4 3.1.1.2 has the list against guessing online, where attempts are counted). */
const ENOUGH = 6;
const CHARACTER = 1;
/** A sign at the end: mostly the same few. */
const LAST_SIGN = 0.5;
const RUN = 1.5;
const YEAR = 1.5;
const COPY = 0.5;
/** Whoever guesses knows the name of the service and of the person. */
const KNOWN_WORD = 1;
const LISTED_WORD = 3.7;

const LONGEST_COPIED = 16;
const LONGEST_WORD = 24;
const LEAST_KNOWN = 3;
const LEAST_RANKED = 4;
const LEAST_LISTED = 5;
/** In the longer list: each takes some µs, and who guesses right away does so at the first words. */
const MOST_SEARCHES = 150;

/** Tells that from a place on so many characters may have been chosen in one go, for this cost. */
type Offer = (length: number, cost: number) => void;

/**
 * Whether a password is made of so little, as whoever guesses puts passwords together, that a million guesses find it: common words,
 * years, runs on an alphabet or a keyboard, and repetitions, with few other characters. Accents, case and look-alikes (`P@ssw0rd`)
 * count for nothing.
 * @param words folded: what else is guessed first
 */
export function isPredictable(password: string, words: ReadonlySet<string>): boolean {
  const text = folded(password);
  // What is short has few characters to guess. That is the affair of the least length.
  return leastCost(text, words) < Math.min(ENOUGH, costOfTyping(text));
}

function costOfTyping(text: string): number {
  const signs = isSign(text.at(-1) ?? '') ? 1 : 0;
  return (text.length - signs) * CHARACTER + signs * LAST_SIGN;
}

/** The least sum of costs by which parts make up the text: the shortest way from its beginning to its end. Stops at {@link ENOUGH}. */
function leastCost(text: string, words: ReadonlySet<string>): number {
  const best: number[] = new Array(text.length + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = 0;
  const offers = [offerRuns(text), offerCopies(text), offerWords(text, words)];
  // The end of the furthest part of which less than enough is known.
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

/** What stands in front of a place, once more or several times. */
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
      // The longer search is worth it only for what begins or ends where letters do.
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

/** With look-alikes as the letters that they stand for in the first place, or in the second. */
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
