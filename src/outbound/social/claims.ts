import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { isTooDeep } from '../../platform/json/json.ts';
import { Unproved } from './failures.ts';
import type { ProvidedProfile } from './provider.ts';

export type Claims = Record<string, unknown>;

const MOST_BYTES = 64 * 1024;
const MOST_NAME = 300;
const MOST_URL = 2048;

/** Returns claims that can be stored. @throws Unproved if they are too large, or contain what jsonb cannot hold */
export function storableClaims(claims: Claims): Claims {
  const text = JSON.stringify(claims);
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new Unproved(`The claims are larger than ${MOST_BYTES} bytes.`);
  }
  if (isTooDeep(text)) throw new Unproved('The claims are nested too deep.');
  // JSON.stringify escapes lone surrogates, so that they appear as six characters.
  return JSON.parse(text, (key, value) => {
    const odd = typeof value === 'string' ? value : key;
    if (
      odd.includes('\u0000') ||
      !odd.isWellFormed() ||
      !key.isWellFormed() ||
      key.includes('\u0000')
    ) {
      throw new Unproved('The claims contain characters that cannot be stored.');
    }
    return value;
  });
}

/** Returns a subject that is fit to be a key (OpenID Connect Core 1.0 §2). @throws Unproved */
export function subjectOf(value: unknown): string {
  if (typeof value !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(value)) {
    throw new Unproved('The subject is not a text of 1 to 255 ASCII characters.');
  }
  return value;
}

/** Embeddings, overrides and isolates (Unicode UAX #9 §2): with them a name could turn the text around it. */
const TURNS_TEXT = /[\u202a-\u202e\u2066-\u2069]/g;

/** Returns a text for people: one line, without control characters, at most 300 characters, or `null` without a value. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value
    .replace(TURNS_TEXT, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return text === '' ? null : [...text].slice(0, MOST_NAME).join('');
}

/** Returns an http or https URL, or `null`. */
export function pictureOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MOST_URL || !URL.canParse(value)) return null;
  return /^https?:$/.test(new URL(value).protocol) ? new URL(value).href : null;
}

/** Returns an address in canonical form, or `null`. */
export function emailOf(value: unknown): string | null {
  return typeof value === 'string' ? canonicalEmail(value) : null;
}

/** Reads a claim that providers send as a boolean, as a text or as a number. A missing one is not yes. */
export function isYes(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true';
}

/** Returns the key and the address in the standard claims (OpenID Connect Core 1.0 §5.1). @throws Unproved if the key is unfit */
export function accountIn(claims: Claims) {
  const subject = subjectOf(claims.sub);
  const email = emailOf(claims.email);
  return { subject, email, emailVerified: email !== null && isYes(claims.email_verified) };
}

/** Returns the profile in the standard claims (OpenID Connect Core 1.0 §5.1). */
export function profileOf(claims: Claims): ProvidedProfile {
  const username = textOf(claims.preferred_username);
  const email = emailOf(claims.email);
  const name = textOf(claims.name) ?? (joined(claims) || null);
  return {
    name: name ?? email,
    givenName: textOf(claims.given_name),
    familyName: textOf(claims.family_name),
    nickname: textOf(claims.nickname) ?? email?.slice(0, email.lastIndexOf('@')) ?? username,
    picture: pictureOf(claims.picture),
    ...(username !== null && { username }),
  };
}

function joined(claims: Claims): string {
  return [textOf(claims.given_name), textOf(claims.family_name)].filter(Boolean).join(' ');
}
