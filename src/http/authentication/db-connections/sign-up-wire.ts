import type { SignUpInput, SignUpOutcome } from '../../../flows/sign-up/sign-up.ts';
import { canonicalEmail } from '../../../platform/email-address/email-address.ts';
import { canonicalPhoneNumber } from '../../../platform/phone-number/phone-number.ts';
import {
  type Connection,
  identifiersOf,
  isUsername,
} from '../../../records/connections/connections.ts';
import type { User } from '../../../records/users/users.ts';
import {
  PASSWORD_REFUSALS,
  type RefusedPassword,
} from '../../../steps/choose-password/choose-password.ts';
import type { AuthenticationErrorCode } from '../../seams/seams.ts';
import { isObject } from '../body.ts';

export type SignUpRefusal = {
  status: number;
  body: {
    code?: AuthenticationErrorCode;
    error?: AuthenticationErrorCode;
    [field: string]: unknown;
  };
  retryAfterSeconds?: number;
};

export type SignUpFields = Omit<SignUpInput, 'connection' | 'clientId' | 'ip'>;

/** The shown fields of an account, real or not. */
type Shown = Pick<User, 'id' | 'email' | 'emailVerified'>;

const MAX_METADATA_KEYS = 10;
const MAX_METADATA_NAME = 100;
const MAX_METADATA_VALUE = 500;
const MAX_TEXT = 300;

function badRequest(code: AuthenticationErrorCode, description: string): SignUpRefusal {
  return { status: 400, body: { name: 'BadRequestError', code, description, statusCode: 400 } };
}

export function wrongRequest(description: string): SignUpRefusal {
  return badRequest('invalid_request', description);
}

/** Returns the fields of a sign-up, or the reason why they are not valid. */
export function readSignUp(
  connection: Connection,
  fields: Record<string, unknown>,
): SignUpFields | SignUpRefusal {
  const { email = null, password, user_metadata: metadata } = fields;
  const identifiers = identifiersOf(connection);
  const isMissing = email === null && identifiers.email.signup !== 'required';
  const address = typeof email === 'string' ? canonicalEmail(email) : null;
  if (!isMissing && address === null) {
    return wrongRequest('email is required and must be an e-mail address');
  }
  if (typeof password !== 'string' || password === '') {
    return wrongRequest('password is required');
  }
  const texts: Record<string, string | null> = {};
  for (const name of [
    'username',
    'phone_number',
    'name',
    'given_name',
    'family_name',
    'nickname',
    'picture',
  ]) {
    const value = fields[name] ?? null;
    if (value !== null && !isText(value)) {
      return wrongRequest(`${name} must be a string of 1 to ${MAX_TEXT} characters`);
    }
    texts[name] = value;
  }
  const { phone_number: typedPhone = null } = texts;
  const phoneNumber = typedPhone === null ? null : canonicalPhoneNumber(typedPhone);
  if (typedPhone !== null && phoneNumber === null) {
    return wrongRequest('phone_number must be a + and up to 15 digits');
  }
  const wrong = wrongIdentifier(connection, {
    email: address,
    username: texts.username ?? null,
    phone_number: phoneNumber,
  });
  if (wrong !== null) return wrongRequest(wrong);
  if (metadata !== undefined && metadata !== null && !isMetadata(metadata)) {
    return wrongRequest(
      `user_metadata must hold at most ${MAX_METADATA_KEYS} strings of at most ${MAX_METADATA_VALUE} characters, with names of at most ${MAX_METADATA_NAME}`,
    );
  }
  return {
    email: address,
    password,
    username: texts.username,
    phoneNumber,
    name: texts.name,
    givenName: texts.given_name,
    familyName: texts.family_name,
    nickname: texts.nickname,
    picture: texts.picture,
    userMetadata: isMetadata(metadata) ? metadata : null,
  };
}

const KINDS = { email: 'email', phone_number: 'phoneNumber', username: 'username' } as const;

/** Returns the identifier that is missing or not allowed in this connection, or `null`. */
function wrongIdentifier(
  connection: Connection,
  given: Record<keyof typeof KINDS, unknown>,
): string | null {
  const identifiers = identifiersOf(connection);
  for (const name of ['email', 'phone_number', 'username'] as const) {
    const { signup } = identifiers[KINDS[name]];
    if (given[name] === null && signup === 'required') return `${name} is required`;
    if (given[name] !== null && signup === 'inactive' && name !== 'phone_number') {
      return `${name} cannot be set at sign-up`;
    }
  }
  const { email, phone_number: phone, username } = given;
  if (email === null && phone === null && username === null) return 'email is required';
  return typeof username === 'string' && !isUsername(connection, username)
    ? 'username has characters or a length that are not allowed'
    : null;
}

/** Returns the answer to a sign-up: the ID without its prefix, and the given fields. */
export function createdBody(user: Shown, given: SignUpFields): Record<string, unknown> {
  const body: Record<string, unknown> = {
    _id: user.id.slice(user.id.indexOf('|') + 1),
    email_verified: user.emailVerified,
    email: user.email,
    username: given.username,
    phone_number: given.phoneNumber,
    name: given.name,
    given_name: given.givenName,
    family_name: given.familyName,
    nickname: given.nickname,
    picture: given.picture,
    user_metadata: given.userMetadata,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value != null));
}

/** @param tells whether the tenant reveals that an account exists */
export function refusalOf(
  outcome: Exclude<SignUpOutcome, { kind: 'created' | 'asked' }>,
  tells: boolean,
): SignUpRefusal {
  switch (outcome.kind) {
    case 'exists':
      return tells
        ? badRequest('user_exists', 'The user already exists.')
        : badRequest('invalid_signup', 'Invalid sign up');
    case 'denied':
      return badRequest('invalid_signup', outcome.message);
    case 'disabled':
      return badRequest('public_signup', 'Public signup is disabled');
    case 'unavailable':
      return {
        status: 503,
        body: {
          error: 'temporarily_unavailable',
          error_description: 'The user directory does not answer. Try again in a few minutes.',
        },
      };
    case 'throttled':
      return {
        status: 429,
        body: {
          error: 'too_many_requests',
          error_description: `Too many sign-ups from this address. Try again in ${outcome.retryAfterSeconds} seconds.`,
        },
        retryAfterSeconds: outcome.retryAfterSeconds,
      };
    case 'refused':
      return refusedPassword(outcome.why);
  }
}

function refusedPassword(why: RefusedPassword): SignUpRefusal {
  const [name, message] = PASSWORD_REFUSALS[why.kind];
  const details =
    why.kind === 'weak'
      ? { description: { rules: why.rules, verified: false }, policy: why.policyText }
      : { description: message };
  return {
    status: 400,
    body: { name, message, code: 'invalid_password', statusCode: 400, ...details },
  };
}

function isText(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT && isStorable(value)
  );
}

/** Returns whether PostgreSQL can store a text. It allows neither NUL nor a lone surrogate. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function isMetadata(value: unknown): value is Record<string, string> {
  return (
    isObject(value) &&
    Object.keys(value).length <= MAX_METADATA_KEYS &&
    Object.entries(value).every(
      ([name, one]) =>
        name.length <= MAX_METADATA_NAME &&
        typeof one === 'string' &&
        one.length <= MAX_METADATA_VALUE &&
        isStorable(`${name} ${one}`),
    )
  );
}
