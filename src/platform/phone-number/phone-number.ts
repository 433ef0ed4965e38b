// Complete metadata: the smaller sets save a browser's download, which does not matter here (40 KB of memory).
import { getCountries, type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';

const MAX_TYPED_LENGTH = 100;
/** Digits of any script, and the characters that people type between them. */
const TYPED = /^[+＋][\p{Nd}\p{Zs}\t()（）[\]./\p{Pd}]*$/u;
/** E.164 within Auth0's pattern `^\+[0-9]{1,15}$`. No country code begins with 0. */
const KEPT = /^\+[1-9][0-9]{0,14}$/;
const SHORTEST_TEXTED = 7;

/**
 * Returns the canonical form of a phone number, for storage and comparison (E.164). It accepts blanks, hyphens, brackets, digits of other
 * scripts, 00 in place of the plus, and the 0 of the trunk (`+44 (0)20 …`).
 * @returns `null` for text that is no number with a country code
 */
export function canonicalPhoneNumber(typed: string): string | null {
  if (typed.length > MAX_TYPED_LENGTH) return null;
  // Numbers copied from an address book contain direction marks.
  const text = typed
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/^00/, '+');
  if (!TYPED.test(text)) return null;
  const parsed = parsePhoneNumberFromString(text, { extract: false })?.number;
  const number = parsed ?? text.normalize('NFKC').replace(/[^+\d]/g, '');
  return KEPT.test(number) ? number : null;
}

/** Works as {@link canonicalPhoneNumber}, but also returns `null` for a number too short to be reached from abroad. */
export function textedPhoneNumber(typed: string): string | null {
  const number = canonicalPhoneNumber(typed);
  return number !== null && number.length > SHORTEST_TEXTED ? number : null;
}

/** Countries and regions with phone numbers of their own (ISO 3166-1 alpha-2). */
export const PHONE_COUNTRIES: ReadonlySet<string> = new Set(getCountries());

/** Kinds of numbers that no person reads texts at, or that cost their caller more and earn their owner money. */
const UNUSUAL = new Set<NumberType>([
  'PAGER',
  'PERSONAL_NUMBER',
  'PREMIUM_RATE',
  'SHARED_COST',
  'TOLL_FREE',
  'UAN',
  'VOICEMAIL',
]);

/**
 * Returns what is known of a number in canonical form. The metadata comes with the library: ranges that are newer than it are `unassigned`.
 * @returns `country`: its country (ISO 3166-1 alpha-2), or `null` for satellite and international networks; `kind`: `unusual` for premium
 *   rates and the like
 */
export function phoneNumberFacts(number: string): {
  country: string | null;
  kind: 'usual' | 'unusual' | 'unassigned';
} {
  const parsed = parsePhoneNumberFromString(number, { extract: false });
  const country = parsed?.country ?? null;
  if (!parsed?.isValid()) return { country, kind: 'unassigned' };
  return { country, kind: UNUSUAL.has(parsed.getType()) ? 'unusual' : 'usual' };
}
