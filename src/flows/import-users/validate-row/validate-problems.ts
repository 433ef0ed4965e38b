import type { RowError, RowErrorCode, RowNoteCode } from '../../../records/segments/segments.ts';

/** What was omitted from an accepted row. */
export type RowNote = { code: RowNoteCode; message: string; path: string };

/** The problems of one row. More than MAX_ERRORS would help nobody. */
export type Problems = RowError[];

export type JsonObject = { [key: string]: unknown };

const MAX_ERRORS = 20;
const MAX_TEXT_LENGTH = 500;

/** Adds a problem, up to MAX_ERRORS. Always returns `undefined`. */
export function report(
  problems: Problems,
  code: RowErrorCode,
  path: string,
  message: string,
): undefined {
  if (problems.length < MAX_ERRORS) {
    problems.push({ code, message: presentable(message), path: presentable(path) });
  }
  return undefined;
}

/** Makes a message or path storable and short: it may quote the row's own keys. The advice stays at the end. */
function presentable(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return storable(text);
  const half = MAX_TEXT_LENGTH / 2;
  return storable(`${text.slice(0, half)}…${text.slice(-half)}`);
}

/** Returns whether PostgreSQL can store the string: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Returns the string with everything that the database cannot store replaced by U+FFFD. */
export function storable(text: string): string {
  return isStorable(text) ? text : text.replaceAll('\0', '\ufffd').toWellFormed();
}

/** Returns the value as a string, or reports a problem and returns `undefined`. */
export function readString(value: unknown, path: string, problems: Problems): string | undefined {
  return typeof value === 'string' ? value : wrongType(problems, path, 'string', value);
}

/** Returns the value as a boolean, or reports a problem and returns `undefined`. */
export function readBoolean(value: unknown, path: string, problems: Problems): boolean | undefined {
  return typeof value === 'boolean' ? value : wrongType(problems, path, 'boolean', value);
}

/** Returns the value as an object, or reports a problem and returns `undefined`. */
export function readObject(
  value: unknown,
  path: string,
  problems: Problems,
): JsonObject | undefined {
  return isJsonObject(value) ? value : wrongType(problems, path, 'object', value);
}

/** Returns a string within the length limits, counted in UTF-16 units like JavaScript clients do. */
export function readText(
  value: unknown,
  path: string,
  { min, max }: { min: number; max: number },
  problems: Problems,
): string | undefined {
  const text = readString(value, path, problems);
  if (text === undefined) return undefined;
  if (text.length < min) {
    return report(
      problems,
      'MIN_LENGTH',
      path,
      `String is too short (${text.length} chars), minimum ${min}: leave the property out if there is no value.`,
    );
  }
  if (text.length > max) return tooLong(problems, path, text.length, max);
  return text;
}

/** Reports a string that is too long. */
export function tooLong(problems: Problems, path: string, length: number, max: number): undefined {
  return report(
    problems,
    'MAX_LENGTH',
    path,
    `String is too long (${length} chars), maximum ${max}: shorten it.`,
  );
}

/** Reports every key of the object that is not in `allowed`. */
export function refuseOtherKeys(
  object: JsonObject,
  allowed: ReadonlySet<string>,
  path: string,
  problems: Problems,
): void {
  for (const key of Object.keys(object)) {
    if (allowed.has(key)) continue;
    report(
      problems,
      'NOT_PASSED',
      `${path}.${key}`,
      `Additional properties not allowed: ${key}. Remove it; allowed are ${[...allowed].join(', ')}.`,
    );
  }
}

/** Reports a missing property. `advice` may be empty. */
export function missing(problems: Problems, path: string, key: string, advice: string): undefined {
  const full = path === '' ? key : `${path}.${key}`;
  return report(
    problems,
    'OBJECT_REQUIRED',
    full,
    `Missing required property: ${key}${advice ? `. ${advice}` : ''}`,
  );
}

/** Returns whether the value is a JSON object, and no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the value's type as JSON names it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const TYPE_ADVICE: { [type: string]: string } = {
  boolean: 'write true or false without quotes.',
  string: 'put the value in quotes.',
  integer: 'write a whole number without quotes.',
  object: 'write {"name": value, …}.',
  array: 'write [value, …].',
};

/** Reports a value of the wrong type. */
export function wrongType(
  problems: Problems,
  path: string,
  expected: string,
  value: unknown,
): undefined {
  const found = typeName(value);
  const advice =
    value === null ? 'leave the property out if there is no value.' : TYPE_ADVICE[expected];
  return report(
    problems,
    'INVALID_TYPE',
    path,
    `Expected type ${expected} but found type ${found}: ${advice}`,
  );
}
