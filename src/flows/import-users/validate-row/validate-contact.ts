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

/** Returns the address in its stored form, without blanks around it. */
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

/** Returns a number in E.164 form, as the wire defines it. */
export function readPhone(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readString(value, path, problems);
  if (text === undefined) return undefined;
  // In JSON another form suggests a faulty export. Tables contain numbers as people write them; `cellToJson` has already converted those.
  const number = /^\+[0-9]{1,15}$/.test(text) ? canonicalPhoneNumber(text) : null;
  if (number !== null) return number;
  return report(
    problems,
    'PATTERN',
    path,
    'String does not match pattern ^\\+[0-9]{1,15}$: write the number with + and country code, digits only, such as +14155550100.',
  );
}

/** Returns the username in its stored form. {@link judgeUsername} checks the connection's rules. */
export function readUsername(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readText(value, path, { min: 1, max: 128 }, problems);
  if (text === undefined) return undefined;
  if (!USERNAME.test(text)) {
    return report(
      problems,
      'PATTERN',
      path,
      "A username can contain only letters, digits and _ + - . ! # $ ' ^ ` ~ @. Change it.",
    );
  }
  return canonicalIdentifier(text);
}

/** Checks the connection's rules for usernames: whether it has any, their length and their form. */
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
      'Users of this connection have no usernames. Omit username, or set requires_username on the connection first.',
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
      'A username of this connection cannot be an email address or a phone number. Omit it: users can log in with their email address.',
    );
  }
}

/** Returns the id without the prefix that every user's id has here, and that exports contain. */
function withoutPrefix(userId: string): string {
  return userId.startsWith(PREFIX) && userId.length > PREFIX.length
    ? userId.slice(PREFIX.length)
    : userId;
}

/** Returns the id without its prefix. */
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

/** Returns a picture's URL. Only http and https, because browsers load it. */
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
