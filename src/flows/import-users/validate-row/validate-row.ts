import { hasHugeNumber, MOST_LEVELS } from '../../../platform/json/json.ts';
import type { ImportedHash } from '../../../platform/password-hash/password-hash.ts';
import type { Identifiers } from '../../../records/connections/connections.ts';
import { type FieldMap, mappedName } from './field-map.ts';
import { type Metadata, nameFields } from './name-fields.ts';
import { personIn } from './our-files.ts';
import { fieldMeant, isReadOnly, LEFT_OUT } from './user-fields.ts';
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
import type { JsonObject, Problems, RowError, RowErrorCode, RowNote } from './validate-problems.ts';
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
export type { RowError, RowNote } from './validate-problems.ts';

/** A valid row. Properties the row doesn't have are absent or undefined; nothing is defaulted. */
export type ImportedUser = {
  /** Lower case. Absent only where an upsert finds people by their id. */
  email?: string;
  emailVerified: boolean | undefined;
  /** Lower case. */
  username?: string;
  phoneNumber?: string;
  phoneVerified?: boolean;
  /** As the row has it: the `auth0|` prefix is not added. */
  userId?: string;
  /** The same where it has the prefix of another kind of user store, such as `email|…`: somebody here may have exactly this id. */
  foreignId?: string;
  givenName?: string;
  familyName?: string;
  name?: string;
  nickname?: string;
  picture?: string;
  blocked?: boolean;
  appMetadata?: Record<string, unknown>;
  userMetadata?: Record<string, unknown>;
  /** Of these there are only parts, named by paths: they go into what is there. */
  partial?: Metadata[];
  password?: ImportedHash;
  /** What the user store asks of new people and this one doesn't have; only with upsert, which finds people from before. */
  ruleProblems?: RowError[];
  /** What of the row was left out. */
  notes?: RowNote[];
  mfaFactors?: ImportedMfaFactor[];
};

export type RowVerdict =
  | { kind: 'user'; user: ImportedUser }
  | { kind: 'rejected'; errors: RowError[]; echo: Record<string, unknown> | null };

const SHORT_NAME = { min: 1, max: 150 };
const LONG_NAME = { min: 1, max: 300 };

/** `\u`, the only way a NUL or half a surrogate pair gets into valid JSON. */
const UNICODE_ESCAPE = Buffer.from('\\u');

/**
 * Judges one row of an import (UTF-8 JSON): a user, or everything that is wrong with it, at most
 * twenty errors, with the row as it may be shown (secrets masked; null if it isn't an object).
 * @param rules what the user store asks of identifiers
 * @param how.map what other names of properties stand for
 * @param how.upsert the row may be about somebody who is there already
 * Written by hand because this runs once per user of every import.
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
      `A row must be an object such as {"email": "name@example.com"} but this one is of type ${typeName(whole)}.`,
    );
  }
  const keys = countKeys(whole);
  if (keys === -1) return tooDeep();
  if (hasHugeNumber(text)) {
    return rejectedWhole(
      'MAXIMUM',
      'The row has a number that is too large to be kept: write it as a text.',
    );
  }
  const problems: Problems = [];
  const row = personIn(whole, map, problems);
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
  const message = `The row is nested deeper than ${MOST_LEVELS} levels: flatten its metadata.`;
  return rejectedWhole('MAXIMUM', message);
}

function rejectedWhole(code: RowErrorCode, message: string): RowVerdict {
  return { kind: 'rejected', errors: [{ code, message }], echo: null };
}

/** The user, meaningless if problems were reported. */
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
      'A user has one password: keep either password_hash or custom_password_hash.',
    );
  }
  return user;
}

/** The API takes pictures that an import doesn't: whoever is there with one is found by their row, and keeps it. */
function readKnownPicture(user: ImportedUser, value: unknown, ruleProblems: Problems): void {
  const before = ruleProblems.length;
  user.picture = readPicture(value, 'picture', ruleProblems);
  if (ruleProblems.length === before) return;
  const message = 'picture was left out: write an absolute URL that starts with https://.';
  user.notes = [...(user.notes ?? []), { code: 'VALUE_LEFT_OUT', path: 'picture', message }];
}

/** What the management API asks of a new user, too. */
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
      // Without `auth0|`, which has been taken off, it is as the row has it.
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

/** Columns of an export whose names mean nothing here. What is known to be left out is said once, with the job. */
function strangersIn(leftOut: unknown, map: FieldMap | undefined): RowNote[] {
  if (!isJsonObject(leftOut)) return [];
  return Object.keys(leftOut).flatMap((name) => {
    const as = mappedName(name, map);
    if (as === null || isReadOnly(as)) return [];
    const message = `${name} was left out: it is no field. Say what it is with a map.`;
    return [{ code: 'COLUMN_LEFT_OUT' as const, path: name, message }];
  });
}

function setHash(user: ImportedUser, read: ReadHash | undefined): void {
  if (read === undefined) return;
  if ('hash' in read) user.password = read.hash;
  else user.notes = [...(user.notes ?? []), read.note];
}

function reportUnknown(key: string, problems: Problems): void {
  const meant = fieldMeant(key);
  const advice =
    key === 'password'
      ? 'passwords in clear text are not imported, give password_hash or custom_password_hash'
      : meant
        ? `did you mean ${meant}?`
        : 'remove it or move it into user_metadata or app_metadata';
  report(problems, 'NOT_PASSED', key, `Additional properties not allowed: ${key} (${advice})`);
}
