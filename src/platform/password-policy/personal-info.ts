import { folded, lowered, readings } from './fold.ts';

/** Data of the person who chooses the password. */
export type About = {
  email?: string | null;
  username?: string | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  nickname?: string | null;
  userMetadata?: Record<string, unknown> | null;
};

const USUAL = [
  'email',
  'username',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'user_metadata.name',
  'user_metadata.first',
  'user_metadata.last',
];
const MIN_PART_LENGTH = 3;
const NOT_LETTER_OR_DIGIT = /[^\p{L}\p{M}\p{N}]+/u;
/** Maximum number of characters of one value. A longer value is not a typed name. */
const MOST_CHARACTERS = 1000;
const UMLAUTS: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe' };

/**
 * Returns whether the password contains at least three characters of the person's names, username or email address (the part before the @):
 * in any case, with or without accents, with umlauts spelled out or not, and with look-alikes such as `J0hannes`.
 * @param fields the fields to compare; other names refer to the metadata
 */
export function containsPersonalInfo(
  password: string,
  about: About,
  fields: readonly string[] = USUAL,
): boolean {
  const parts = partsOf(fields.map((field) => personalValue(about, field)));
  return spellings(password).some((text) => containsAny(text, parts));
}

/**
 * Returns the parts of names that a person may put into a password, folded: the words, and the letters alone of words with digits. Names
 * with only short words, such as Li Na, give their words joined.
 */
export function partsOf(values: readonly unknown[]): string[] {
  const parts = values
    .filter((value) => typeof value === 'string')
    .flatMap((value) => spellings(value.slice(0, MOST_CHARACTERS)))
    .flatMap(partsOfOne);
  return [...new Set(parts)];
}

function partsOfOne(text: string): string[] {
  const words = text.split(NOT_LETTER_OR_DIGIT);
  const long = [...words, ...words.flatMap((word) => word.split(/\p{N}+/u))].filter(isLong);
  return long.length > 0 ? long : [words.join(''), words.toReversed().join('')].filter(isLong);
}

function isLong(part: string): boolean {
  return [...part].length >= MIN_PART_LENGTH;
}

/** Returns the spellings of a word: Kästner is also written kastner or kaestner. */
function spellings(text: string): string[] {
  const written = lowered(text).normalize('NFC');
  const spelledOut = written.replace(/[äöüåø]/g, (letter) => UMLAUTS[letter] ?? letter);
  return [...new Set([folded(written), folded(spelledOut)])];
}

/** Returns whether the text contains a part, also with look-alikes. Digits alone do not resemble a name. */
function containsAny(text: string, parts: readonly string[]): boolean {
  if (parts.some((part) => text.includes(part))) return true;
  const read = Array.from({ length: text.length }, (_, at) => readings(text[at] ?? ''));
  if (read.every((letters) => letters.length === 1)) return false;
  return parts.some((part) => read.some((_, from) => isLike(read, from, part)));
}

function isLike(read: readonly string[], from: number, part: string): boolean {
  for (let at = 0; at < part.length; at++) {
    if (read[from + at]?.includes(part[at] ?? '') !== true) return false;
  }
  return read.slice(from, from + part.length).some((letters) => /\p{L}/u.test(letters[0] ?? ''));
}

function personalValue(about: About, field: string): unknown {
  const { email } = about;
  switch (field) {
    case 'email':
      return email?.slice(0, Math.max(email.lastIndexOf('@'), 0));
    case 'username':
      return about.username;
    case 'name':
      return about.name;
    case 'given_name':
      return about.givenName;
    case 'family_name':
      return about.familyName;
    case 'nickname':
      return about.nickname;
    default: {
      const key = field.startsWith('user_metadata.') ? field.slice('user_metadata.'.length) : '';
      return about.userMetadata?.[key];
    }
  }
}
