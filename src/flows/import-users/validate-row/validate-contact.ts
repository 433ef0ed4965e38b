import { canonicalEmail, MAX_EMAIL_LENGTH } from '../../../platform/email-address/email-address.ts';
import { canonicalIdentifier } from '../../../platform/login-identifier/login-identifier.ts';
import { canonicalPhoneNumber } from '../../../platform/phone-number/phone-number.ts';
import { fitsUsername, type UsernameRule } from '../../../records/connections/connections.ts';
import type { Problems } from './validate-problems.ts';
import { readString, readText, report, tooLong } from './validate-problems.ts';

const MAX_USER_ID_LENGTH = 255;
const PREFIX = 'auth0|';

const USERNAME = /^[A-Za-z0-9_+\-.!#$'^`~@]+$/;
const HTTP_URL = /^https?:\/\/[^\s/?#"<>\\^`{|}]+(?:[/?#][^\s"<>\\^`{|}]*)?$/i;

/** The address as it is kept. Blanks around it are no part of it. */
export function readEmail(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readString(value, path, problems);
  if (text === undefined) return undefined;
  const email = canonicalEmail(text);
  if (email !== null) return email;
  if (text.length > MAX_EMAIL_LENGTH) return tooLong(problems, path, text.length, MAX_EMAIL_LENGTH);
  return report(
    problems,
    'FORMAT',
    path,
    "Object didn't pass validation for format email: write one address such as name@example.com.",
  );
}

/** E.164 as the wire defines it. */
export function readPhone(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readString(value, path, problems);
  if (text === undefined) return undefined;
  // In JSON another form hints at a bad export. Tables come as people write; their cells are read so before (cellToJson).
  const number = /^\+[0-9]{1,15}$/.test(text) ? canonicalPhoneNumber(text) : null;
  if (number !== null) return number;
  return report(
    problems,
    'PATTERN',
    path,
    'String does not match pattern ^\\+[0-9]{1,15}$: write the number with + and country code, digits only, such as +14155550100.',
  );
}

/** The username as it is kept; what the user store asks of it is judged by {@link judgeUsername}. */
export function readUsername(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readText(value, path, { min: 1, max: 128 }, problems);
  if (text === undefined) return undefined;
  if (!USERNAME.test(text)) {
    return report(
      problems,
      'PATTERN',
      path,
      "A username may hold letters, digits and _ + - . ! # $ ' ^ ` ~ @ only: change it.",
    );
  }
  return canonicalIdentifier(text);
}

/** What the user store asks of a username: that there are any, their length, and what they may look like. */
export function judgeUsername(
  username: string,
  path: string,
  rule: UsernameRule,
  problems: Problems,
): void {
  if (rule.signup === 'inactive') {
    report(
      problems,
      'NOT_PASSED',
      path,
      'People in this user store have no usernames: leave username out, or set requires_username on the connection first.',
    );
  } else if (username.length < rule.min) {
    report(
      problems,
      'MIN_LENGTH',
      path,
      `String is too short (${username.length} chars), minimum ${rule.min}: change it.`,
    );
  } else if (username.length > rule.max) {
    tooLong(problems, path, username.length, rule.max);
  } else if (!fitsUsername(rule, username)) {
    report(
      problems,
      'FORMAT',
      path,
      'A username can’t be an email address or a phone number here: leave username out, people can log in with their email.',
    );
  }
}

/** The id without the prefix that everybody's has here, and that exports show. */
function withoutPrefix(userId: string): string {
  return userId.startsWith(PREFIX) && userId.length > PREFIX.length
    ? userId.slice(PREFIX.length)
    : userId;
}

export function readUserId(value: unknown, path: string, problems: Problems): string | undefined {
  const id = typeof value === 'string' ? withoutPrefix(value) : value;
  const text = readText(id, path, { min: 1, max: MAX_USER_ID_LENGTH }, problems);
  if (text !== undefined && !/\s/.test(text)) return text;
  if (text === undefined) return undefined;
  return report(
    problems,
    'PATTERN',
    path,
    'String does not match pattern ^\\S*$: remove the blanks from user_id.',
  );
}

/** Pictures are shown in browsers, so other schemes than http and https are refused. */
export function readPicture(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readText(value, path, { min: 1, max: 2048 }, problems);
  if (text === undefined || HTTP_URL.test(text)) return text;
  return report(
    problems,
    'FORMAT',
    path,
    "Object didn't pass validation for format uri: write an absolute URL that starts with https://.",
  );
}
