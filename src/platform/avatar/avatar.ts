import { createHash } from 'node:crypto';
import { PAGE_PATHS } from '../page-paths/page-paths.ts';

export const DEFAULT_PICTURES = ['own', 'auth0'] as const;
/** `own`: initials, served by this server. `auth0`: as Auth0 builds them, Gravatar with two letters as its fallback. */
export type DefaultPictures = (typeof DEFAULT_PICTURES)[number];

type Person = {
  id: string;
  email: string | null;
  /** Name of the person. If `null`, the email address is used. */
  name: string | null;
  /** The person's own picture, or `null`. */
  picture: string | null;
};

/** Returns the URL of a person's picture: their own, or a default one. */
export type PictureOf = (person: Person) => string;

/**
 * Creates the function that returns the URL of a person's picture.
 * @param publicUrl without a trailing slash
 */
export function createPictures(kind: DefaultPictures, publicUrl: string): PictureOf {
  const made = kind === 'auth0' ? gravatar : (of: Person) => `${publicUrl}${initialsPath(of)}`;
  return (person) => person.picture ?? made(person);
}

/** Returns whether the picture is a default one that a server with any public URL builds for this person. Exports contain such pictures. */
export function isMadeUp(person: Person): boolean {
  const { picture } = person;
  return (
    picture !== null && (picture.endsWith(initialsPath(person)) || picture === gravatar(person))
  );
}

/** White text is readable on each (WCAG 2.2, 1.4.3). */
const COLORS = [
  '#0f6b5c',
  '#1d5fa8',
  '#7a3e9d',
  '#a8324a',
  '#8a4b0f',
  '#4b6b1d',
  '#2f5d73',
  '#9b2f7a',
  '#5b4bb0',
  '#6b5a00',
];
const NAME = new RegExp(`^([\\p{L}\\p{N}]{1,2})-([0-${COLORS.length - 1}])\\.svg$`, 'u');

/** A file name has at most two letters and a digit of a hash of the id, such as `al-7.svg`. */
function initialsPath({ id, email, name }: Person): string {
  const digest = createHash('sha256').update(id).digest();
  const color = digest.readUInt32BE() % COLORS.length;
  return `${PAGE_PATHS.pictures}/${encodeURIComponent(initialsOf(name ?? email ?? ''))}-${color}.svg`;
}

/** Returns the first letters of the first and the last word, or of the only word. */
export function initialsOf(name: string): string {
  const words = name
    .normalize('NFC')
    .replace(/@.*$/s, '')
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .map((word) => word.match(/[\p{L}\p{N}]/gu) ?? [])
    .filter((letters) => letters.length > 0);
  const [first = [], last = []] = [words[0], words.length > 1 ? words.at(-1) : undefined];
  const letters = last.length > 0 ? `${first[0]}${last[0]}` : first.slice(0, 2).join('');
  return lowered(letters) || 'x';
}

/** Returns the letters in lower case, unless that changes their number. Then they stay as they are. */
function lowered(letters: string): string {
  const lower = letters.toLowerCase();
  return [...lower].length === [...letters].length ? lower : letters;
}

/** Returns the picture of that name as SVG, or `null` if there is none. @param file the last part of its path, decoded */
export function initialsPicture(file: string): string | null {
  const [, letters = '', color = ''] = NAME.exec(file) ?? [];
  // Each picture has one URL.
  if (letters === '' || letters !== lowered(letters.normalize('NFC'))) return null;
  const shown =
    [...letters.toUpperCase()].length === [...letters].length ? letters.toUpperCase() : letters;
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="480" height="480" role="img" ' +
    `aria-label="${shown}"><rect width="96" height="96" fill="${COLORS[Number(color)]}"/>` +
    '<text x="48" y="49" dy=".35em" text-anchor="middle" font-family="system-ui,-apple-system,Segoe UI,Roboto,sans-serif" ' +
    `font-size="40" font-weight="600" fill="#fff">${shown}</text></svg>`
  );
}

/** Auth0's default picture, derived from the lowercase email address or another stable name. */
function gravatar({ id, email, name }: Person): string {
  const md5 = createHash('md5')
    .update(email ?? id)
    .digest('hex');
  const letters =
    (name ?? email ?? '')
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(0, 2) || 'xx';
  const fallback = encodeURIComponent(`https://cdn.auth0.com/avatars/${letters}.png`);
  return `https://s.gravatar.com/avatar/${md5}?s=480&r=pg&d=${fallback}`;
}
