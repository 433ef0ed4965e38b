import { hasHugeNumber, MOST_LEVELS } from '../../../platform/json/json.ts';
import type { ImportedHash } from '../../../platform/password-hash/password-hash.ts';
import type { Identifiers } from '../../../records/connections/connections.ts';
import type { RowError, RowErrorCode } from '../../../records/segments/segments.ts';
import { type FieldMap, mappedName } from './field-map.ts';
import { type Metadata, nameFields } from './name-fields.ts';
import { readOurFile } from './our-files.ts';
import { fieldNamed, isReadOnly, LEFT_OUT } from './user-fields.ts';
import {
  judgeUsername,
  readEmail,
  readPhone,
  readPicture,
  readUserId,
  readUsername,
} from './validate-contact.ts';
import { echoRow } from './validate-echo.ts';
import { readCustomHash, readPasswordHash } from './validate-hash.ts';
import type { ReadHash } from './validate-hash-formats.ts';
import {
  countKeys,
  countWrittenKeys,
  parseJson,
  reportRepeatedKeys,
  reportUnstorableText,
} from './validate-json.ts';
import { readAppMetadata, readUserMetadata } from './validate-metadata.ts';
import type { ImportedMfaFactor } from './validate-mfa.ts';
import { readMfaFactors } from './validate-mfa.ts';
import type { JsonObject, Problems, RowNote } from './validate-problems.ts';
import {
  isJsonObject,
  missing,
  readBoolean,
  readText,
  report,
  typeName,
} from './validate-problems.ts';

export { exportNamesProblem } from './export-names.ts';
export { type FieldMap, isLeftOut, mappedName, readFieldMap, unusedInMap } from './field-map.ts';
export { type Recognition, recognizeColumns, recognizeProperties } from './known-names.ts';
export { userCsvColumn } from './user-fields.ts';
export { echoRow } from './validate-echo.ts';
export type { ImportedMfaFactor } from './validate-mfa.ts';
export type { RowNote } from './validate-problems.ts';

/** A valid row. Properties that the row lacks are absent or `undefined`. No defaults are filled in. */
export type ImportedUser = {
  /** In lower case. Absent only if an upsert may find the user by id. */
  email?: string;
  emailVerified: boolean | undefined;
  /** In lower case. */
  username?: string;
  phoneNumber?: string;
  phoneVerified?: boolean;
  /**
   * As in the row, without the `auth0
   * ` prefix.
   */
  userId?: string;
  /**
   * The same, if it has the prefix of another kind of connection, such as `email
   * …`: a user here may have exactly this id.
   */
  foreignId?: string;
  givenName?: string;
  familyName?: string;
  name?: string;
  nickname?: string;
  picture?: string;
  blocked?: boolean;
  appMetadata?: Record<string, unknown>;
  userMetadata?: Record<string, unknown>;
  /** Parts of objects, named by paths. They are merged into the stored ones. */
  partial?: Metadata[];
  password?: ImportedHash;
  /** The connection's rules for new users that this row breaks. Only with upsert, which finds users from before the rules. */
  ruleProblems?: RowError[];
  /** What was omitted from the row. */
  notes?: RowNote[];
  mfaFactors?: ImportedMfaFactor[];
};

export type RowVerdict =
  | { kind: 'user'; user: ImportedUser }
  | { kind: 'rejected'; errors: RowError[]; echo: Record<string, unknown> | null };

const SHORT_NAME = { min: 1, max: 150 };
const LONG_NAME = { min: 1, max: 300 };

/** `\u` is the only way for a NUL or half a surrogate pair to get into valid JSON. */
const UNICODE_ESCAPE = Buffer.from('\\u');

/**
 * Validates one row of an import (UTF-8 JSON). Returns a user, or up to 20 errors with the row in the form that may be shown (secrets
 * masked; `null` if it is not an object). Written by hand, because it runs once for each user of an import.
 * @param rules the connection's rules for identifiers
 * @param how.map the fields that other names of properties stand for
 * @param how.upsert the row may be about an existing user
 */
export function validateRow(
  raw: Buffer,
  rules: Identifiers,
  { map, upsert = false }: { map?: FieldMap | undefined; upsert?: boolean } = {},
): RowVerdict {
  const text = raw.toString();
  const parsed = parseJson(text);
  if ('message' in parsed) return rejectedWhole('INVALID_JSON', parsed.message);
  const whole = parsed.value;
  if (!isJsonObject(whole)) {
    return rejectedWhole(
      'OBJECT_REQUIRED',
      `A row must be an object such as {"email": "name@example.com"}, but this one is of type ${typeName(whole)}.`,
    );
  }
  const keys = countKeys(whole);
  if (keys === -1) return tooDeep();
  if (hasHugeNumber(text)) {
    return rejectedWhole(
      'MAXIMUM',
      'The row has a number that is too large to store. Write it as a string.',
    );
  }
  const problems: Problems = [];
  const row = readOurFile(whole, map, problems);
  const { named, partial } = nameFields(row, map, problems);
  if (partial.length > 0 && countKeys(named) === -1) return tooDeep();
  const user = readUser(named, { rules, upsert }, problems);
  if (partial.length > 0) user.partial = partial;
  const strangers = strangersIn(row[LEFT_OUT], map);
  if (strangers.length > 0) user.notes = [...(user.notes ?? []), ...strangers];
  if (countWrittenKeys(raw) !== keys) reportRepeatedKeys(text, problems);
  if (raw.includes(UNICODE_ESCAPE)) reportUnstorableText(whole, '', problems);
  if (problems.length > 0) return { kind: 'rejected', errors: problems, echo: echoRow(row) };
  return { kind: 'user', user };
}

function tooDeep(): RowVerdict {
  const message = `The row is nested deeper than ${MOST_LEVELS} levels. Flatten its metadata.`;
  return rejectedWhole('MAXIMUM', message);
}

function rejectedWhole(code: RowErrorCode, message: string): RowVerdict {
  return { kind: 'rejected', errors: [{ code, message }], echo: null };
}

/** Returns the user. The result is meaningless if problems were reported. */
function readUser(
  row: JsonObject,
  { rules, upsert }: { rules: Identifiers; upsert: boolean },
  problems: Problems,
): ImportedUser {
  const user: ImportedUser = { emailVerified: undefined };
  const ruleProblems: Problems = [];
  for (const key of Object.keys(row)) {
    if (key === 'picture' && upsert) readKnownPicture(user, row[key], ruleProblems);
    else readProperty(user, key, row[key], problems);
  }
  const isFound = upsert && user.userId !== undefined;
  if (!Object.hasOwn(row, 'email') && !isFound) missing(problems, '', 'email', '');
  applyRules(user, row, rules, upsert ? ruleProblems : problems);
  if (ruleProblems.length > 0) user.ruleProblems = ruleProblems;
  if (Object.hasOwn(row, 'password_hash') && Object.hasOwn(row, 'custom_password_hash')) {
    report(
      problems,
      'NOT_PASSED',
      'custom_password_hash',
      'A user has one password. Keep either password_hash or custom_password_hash.',
    );
  }
  return user;
}

/**
 * Reads the picture of an upsert. The API accepts pictures that an import refuses: an existing user with such a picture is still found, and
 * keeps it.
 */
function readKnownPicture(user: ImportedUser, value: unknown, ruleProblems: Problems): void {
  const before = ruleProblems.length;
  user.picture = readPicture(value, 'picture', ruleProblems);
  if (ruleProblems.length === before) return;
  const message = 'picture was omitted. Write an absolute URL that starts with https://.';
  user.notes = [...(user.notes ?? []), { code: 'VALUE_LEFT_OUT', path: 'picture', message }];
}

/** Applies the management API's rules for a new user. */
function applyRules(
  user: ImportedUser,
  row: JsonObject,
  rules: Identifiers,
  problems: Problems,
): void {
  for (const [name, rule] of [
    ['username', rules.username],
    ['phone_number', rules.phoneNumber],
  ] as const) {
    if (rule.required && !Object.hasOwn(row, name)) missing(problems, '', name, '');
  }
  if (user.username !== undefined)
    judgeUsername(user.username, 'username', rules.username, problems);
}

function readProperty(user: ImportedUser, key: string, value: unknown, problems: Problems): void {
  switch (key) {
    case 'email':
      user.email = readEmail(value, key, problems);
      break;
    case 'email_verified':
      user.emailVerified = readBoolean(value, key, problems);
      break;
    case 'username':
      user.username = readUsername(value, key, problems);
      break;
    case 'phone_number':
      user.phoneNumber = readPhone(value, key, problems);
      break;
    case 'phone_verified':
      user.phoneVerified = readBoolean(value, key, problems);
      break;
    case 'user_id':
      user.userId = readUserId(value, key, problems);
      // The `auth0
      // ` prefix was already removed: the same value means another prefix.
      if (user.userId === value && user.userId?.includes('|')) user.foreignId = user.userId;
      break;
    case 'given_name':
      user.givenName = readText(value, key, SHORT_NAME, problems);
      break;
    case 'family_name':
      user.familyName = readText(value, key, SHORT_NAME, problems);
      break;
    case 'name':
      user.name = readText(value, key, LONG_NAME, problems);
      break;
    case 'nickname':
      user.nickname = readText(value, key, LONG_NAME, problems);
      break;
    case 'picture':
      user.picture = readPicture(value, key, problems);
      break;
    case 'blocked':
      user.blocked = readBoolean(value, key, problems);
      break;
    case 'app_metadata':
      user.appMetadata = readAppMetadata(value, key, problems);
      break;
    case 'user_metadata':
      user.userMetadata = readUserMetadata(value, key, problems);
      break;
    case 'password_hash':
      setHash(user, readPasswordHash(value, key, problems));
      break;
    case 'custom_password_hash':
      setHash(user, readCustomHash(value, key, problems));
      break;
    case 'mfa_factors':
      user.mfaFactors = readMfaFactors(value, key, problems);
      break;
    default:
      if (key !== LEFT_OUT && !isReadOnly(key)) reportUnknown(key, problems);
  }
}

/** Returns notes about an export's columns whose names mean nothing here. The job itself reports the known ignored columns once. */
function strangersIn(leftOut: unknown, map: FieldMap | undefined): RowNote[] {
  if (!isJsonObject(leftOut)) return [];
  return Object.keys(leftOut).flatMap((name): RowNote[] => {
    const as = mappedName(name, map);
    if (as === null || isReadOnly(as)) return [];
    const message = `${name} was omitted, because it is not the name of a field. Name its field in a map.`;
    return [{ code: 'COLUMN_LEFT_OUT', path: name, message }];
  });
}

function setHash(user: ImportedUser, read: ReadHash | undefined): void {
  if (read === undefined) return;
  if ('hash' in read) user.password = read.hash;
  else user.notes = [...(user.notes ?? []), read.note];
}

function reportUnknown(key: string, problems: Problems): void {
  const meant = fieldNamed(key);
  const advice =
    key === 'password'
      ? 'passwords in clear text are not imported, use password_hash or custom_password_hash'
      : meant
        ? `did you mean ${meant}?`
        : 'remove it or move it into user_metadata or app_metadata';
  report(problems, 'NOT_PASSED', key, `Additional properties not allowed: ${key} (${advice})`);
}
