import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { isTooDeep } from '../../platform/json/json.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import type { LegacyProfile } from './directory.ts';

type Fields = Record<string, unknown>;

/** `notes`: what was left out, and why. */
export type ReadProfile =
  | { kind: 'profile'; profile: LegacyProfile; notes: string[] }
  | { kind: 'invalid'; problem: string };

const MOST_BYTES = 256 * 1024;
const MOST_ID = 255;
const MOST_USERNAME = 128;
const MOST_FACTORS = 10;
const MOST_URL = 2048;
const SHORT = 150;
const LONG = 300;

// The characters of user names in imports.
const USERNAME = /^[A-Za-z0-9_+\-.!#$'^`~@]+$/;

/** Attributes that a profile can have. Others have no place in a user. */
const KNOWN = new Set([
  ...['user_id', 'id', 'email', 'email_verified', 'username', 'phone_number', 'phone_verified'],
  ...['name', 'given_name', 'family_name', 'nickname', 'picture', 'blocked', 'mfa_factors'],
  ...['user_metadata', 'app_metadata', 'metadata'],
]);

class Unfit extends Error {}

/**
 * Checks the profile that a legacy directory gives, by the rules of Auth0's custom databases: `user_id` (or `id`) is mandatory,
 * `metadata` means `app_metadata`. What identifies a user must be right, and the rest is left out if it is not.
 * @param notStored attributes that are left out, by their names on the wire
 */
export function readProfile(value: unknown, notStored: string[] = []): ReadProfile {
  if (!isObject(value)) {
    return { kind: 'invalid', problem: 'The profile is not an object.' };
  }
  try {
    const given = storable(value);
    const fields: Fields = Object.fromEntries(
      Object.entries(given).filter(([name]) => !notStored.includes(name)),
    );
    const notes: string[] = [];
    const profile = profileIn({ ...fields, user_id: given.user_id, id: given.id }, notes);
    const strangers = Object.keys(fields).filter((name) => !KNOWN.has(name));
    if (strangers.length > 0) {
      notes.push(
        `${strangers.slice(0, 20).join(', ')}: left out, because users have no such attributes. Put them into app_metadata or user_metadata.`,
      );
    }
    return { kind: 'profile', profile, notes };
  } catch (error) {
    if (error instanceof Unfit) return { kind: 'invalid', problem: error.message };
    throw error;
  }
}

function profileIn(fields: Fields, notes: string[]): LegacyProfile {
  const text = (name: string, most: number) => textIn(fields, name, most, notes);
  return {
    id: idIn(fields),
    email: emailIn(fields),
    emailVerified: yesNoIn(fields, 'email_verified'),
    username: usernameIn(fields, notes),
    phoneNumber: phoneIn(fields, notes),
    phoneVerified: yesNoIn(fields, 'phone_verified'),
    name: text('name', LONG),
    givenName: text('given_name', SHORT),
    familyName: text('family_name', SHORT),
    nickname: text('nickname', LONG),
    picture: pictureIn(fields, notes),
    userMetadata: objectIn(fields, 'user_metadata'),
    // Older scripts say `metadata`.
    appMetadata: { ...objectIn(fields, 'metadata'), ...objectIn(fields, 'app_metadata') },
    mfaFactors: factorsIn(fields),
    blocked: yesNoIn(fields, 'blocked') ?? false,
  };
}

function idIn(fields: Fields): string {
  const value = fields.user_id ?? fields.id;
  const id = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id !== 'string' || id === '') {
    throw new Unfit('The profile has no user_id. It must be the same text or number at each call.');
  }
  const own = id.startsWith('auth0|') && id.length > 6 ? id.slice(6) : id;
  if (own.length > MOST_ID) throw new Unfit(`user_id has more than ${MOST_ID} characters.`);
  if (/\s/.test(own)) throw new Unfit('user_id contains blanks.');
  return own;
}

function emailIn({ email }: Fields): string | null {
  if (isAbsent(email)) return null;
  const address = typeof email === 'string' ? canonicalEmail(email) : null;
  if (address === null) throw new Unfit('email is not one valid address.');
  return address;
}

function usernameIn({ username }: Fields, notes: string[]): string | null {
  if (isAbsent(username)) return null;
  const name = String(username);
  if (typeof username !== 'object' && name.length <= MOST_USERNAME && USERNAME.test(name)) {
    return canonicalIdentifier(name);
  }
  notes.push(
    `username: left out. It needs up to ${MOST_USERNAME} letters, digits and _ + - . ! # $ ' ^ \` ~ @.`,
  );
  return null;
}

function phoneIn({ phone_number: value }: Fields, notes: string[]): string | null {
  if (isAbsent(value)) return null;
  const number = typeof value === 'string' ? canonicalPhoneNumber(value) : null;
  if (number === null) notes.push('phone_number: left out. Write it with + and the country code.');
  return number;
}

function pictureIn({ picture }: Fields, notes: string[]): string | null {
  if (isAbsent(picture)) return null;
  if (typeof picture === 'string' && picture.length <= MOST_URL && URL.canParse(picture)) {
    const { protocol, href } = new URL(picture);
    if (protocol === 'https:' || protocol === 'http:') return href;
  }
  notes.push('picture: left out, because it is not an absolute URL.');
  return null;
}

function textIn(fields: Fields, name: string, most: number, notes: string[]): string | null {
  const value = fields[name];
  if (isAbsent(value)) return null;
  if (typeof value === 'string' && value.length <= most) return value;
  notes.push(`${name}: left out. It needs a text of up to ${most} characters.`);
  return null;
}

/** Databases without booleans say 0 and 1. */
function yesNoIn(fields: Fields, name: string): boolean | null {
  const value = fields[name];
  if (isAbsent(value)) return null;
  if (value === true || value === 1 || value === 'true') return true;
  if (value === false || value === 0 || value === 'false') return false;
  throw new Unfit(`${name} is neither true nor false.`);
}

function objectIn(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (isAbsent(value)) return {};
  if (!isObject(value)) throw new Unfit(`${name} is not an object.`);
  return value;
}

function factorsIn({ mfa_factors: factors }: Fields): unknown[] {
  if (isAbsent(factors)) return [];
  if (!Array.isArray(factors)) throw new Unfit('mfa_factors is not an array.');
  if (factors.length > MOST_FACTORS) {
    throw new Unfit(`mfa_factors has more than ${MOST_FACTORS} entries.`);
  }
  return factors;
}

/** Returns a copy that can be stored. @throws Unfit if it is too large, or contains what jsonb cannot hold */
function storable(value: Fields): Fields {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new Unfit(`The profile is larger than ${MOST_BYTES} bytes.`);
  }
  if (isTooDeep(text)) throw new Unfit('The profile is nested too deep.');
  return JSON.parse(text, (key, item) => {
    if (key === '__proto__') throw new Unfit('The profile has a property of the name __proto__.');
    for (const written of typeof item === 'string' ? [key, item] : [key]) {
      if (written.includes('\u0000') || !written.isWellFormed()) {
        throw new Unfit('The profile contains characters that cannot be stored.');
      }
    }
    return item;
  });
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
