// Complete metadata: what is left out of the smaller sets saves a browser's download and nothing here (40 KB of memory).
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const MAX_TYPED_LENGTH = 100;
/** Digits of any script, and what people put between them. */
const TYPED = /^[+＋][\p{Nd}\p{Zs}\t()（）[\]./\p{Pd}]*$/u;
/** E.164, and what the wire's `^\+[0-9]{1,15}$` takes: no country code begins with 0. */
const KEPT = /^\+[1-9][0-9]{0,14}$/;
const SHORTEST_TEXTED = 7;

/**
 * The one form in which a phone number is kept and compared (E.164), from how people write it: with blanks, hyphens, brackets, digits of
 * other scripts, 00 for the plus, or the 0 of the trunk (`+44 (0)20 …`).
 * @returns null for what is no number with a country code
 */
export function canonicalPhoneNumber(typed: string): string | null {
  if (typed.length > MAX_TYPED_LENGTH) return null;
  // Numbers that were copied out of an address book bring marks of direction.
  const text = typed
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/^00/, '+');
  if (!TYPED.test(text)) return null;
  const parsed = parsePhoneNumberFromString(text, { extract: false })?.number;
  const number = parsed ?? text.normalize('NFKC').replace(/[^+\d]/g, '');
  return KEPT.test(number) ? number : null;
}

/** As {@link canonicalPhoneNumber}; null also for a number that is too short to be reached from abroad. */
export function textedPhoneNumber(typed: string): string | null {
  const number = canonicalPhoneNumber(typed);
  return number !== null && number.length > SHORTEST_TEXTED ? number : null;
}
