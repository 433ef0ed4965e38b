import type { Problems } from './validate-problems.ts';
import { readString, readText, report, tooLong } from './validate-problems.ts';

const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;
const MAX_USER_ID_LENGTH = 255;

/** Dot-atoms of RFC 5322, with the letters of RFC 6531. */
const LOCAL_PART =
  /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+)*$/u;
/** At least two labels; the last one is not a number, which would make it an IP address. */
const DOMAIN =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.)+(?!\d+$)[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?$/u;
/** What nearly every address looks like; decides without the Unicode patterns above. */
const PLAIN_EMAIL =
  /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/;

const USERNAME = /^[A-Za-z0-9_+\-.!#$'^`~@]+$/;
const HTTP_URL = /^https?:\/\/[^\s/?#"<>\\^`{|}]+(?:[/?#][^\s"<>\\^`{|}]*)?$/i;

/** Whether the text is one e-mail address as mail servers take it; comments and quotes are refused. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at < 1 || at > MAX_LOCAL_LENGTH || text.length > MAX_EMAIL_LENGTH) return false;
  return (
    PLAIN_EMAIL.test(text) ||
    (LOCAL_PART.test(text.slice(0, at)) && DOMAIN.test(text.slice(at + 1)))
  );
}

/** The address in lower case. Blanks around it are refused, not trimmed: they hint at a bad export. */
export function readEmail(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readString(value, path, problems);
  if (text === undefined) return undefined;
  const email = text.toLowerCase();
  if (isEmail(email)) return email;
  if (text.length > MAX_EMAIL_LENGTH) return tooLong(problems, path, text.length, MAX_EMAIL_LENGTH);
  const advice =
    text.trim() !== text
      ? 'remove the blanks around it.'
      : 'write one address such as name@example.com.';
  return report(
    problems,
    'FORMAT',
    path,
    `Object didn't pass validation for format email: ${advice}`,
  );
}

/** E.164 as the wire defines it. */
export function readPhone(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readString(value, path, problems);
  if (text === undefined || /^\+[0-9]{1,15}$/.test(text)) return text;
  return report(
    problems,
    'PATTERN',
    path,
    'String does not match pattern ^\\+[0-9]{1,15}$: write the number with + and country code, digits only, such as +14155550100.',
  );
}

/** The username in lower case; the connection's own length rule is not known here. */
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
  if (text.includes('@') && isEmail(text.toLowerCase())) {
    return report(
      problems,
      'FORMAT',
      path,
      'A username can’t be an email address: leave username out, people can log in with their email.',
    );
  }
  return text.toLowerCase();
}

export function readUserId(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readText(value, path, { min: 1, max: MAX_USER_ID_LENGTH }, problems);
  if (text === undefined || !/\s/.test(text)) return text;
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
