import { BrokenFile } from './broken-file.ts';

export type RowFormat = 'json' | 'ndjson' | 'csv';

/** Maximum number of bytes to detect the format. The first line distinguishes NDJSON from a JSON object. */
export const LOOK_AHEAD_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

/** Scalars other than text, then an array of objects: `{"total": 2, "users": [{…`. */
const WRAPPER =
  /^\{\s*(?:"[^"]*"\s*:\s*(?:[\d.+-]+|true|false|null)\s*,\s*)*"[^"]*"\s*:\s*\[\s*[{\]]/;

/**
 * Detects the format of a file by its beginning (UTF-8, no BOM). Returns `null` if more bytes are needed, which never happens once
 * `isWhole` or LOOK_AHEAD_BYTES is reached. Throws BrokenFile for empty files, a single JSON object, and other formats.
 */
export function detectFormat(head: Buffer, isWhole: boolean): RowFormat | null {
  const isEnough = isWhole || head.length >= LOOK_AHEAD_BYTES;
  const from = firstNonBlank(head);
  if (from === -1) {
    if (isWhole) throw new BrokenFile('EMPTY', 'Users file must not be empty.');
    // Leading blanks may be endless: the array cutter skips them in constant memory.
    return isEnough ? 'json' : null;
  }
  const first = head[from];
  if (first === 0x5b) return 'json';
  if (first === 0x7b) return detectObjects(head.subarray(from), isWhole, isEnough);
  assertText(head.subarray(from));
  return 'csv';
}

function detectObjects(head: Buffer, isWhole: boolean, isEnough: boolean): 'ndjson' | null {
  const newline = head.indexOf(NEWLINE);
  const line = (newline === -1 ? head : head.subarray(0, newline)).toString().trim();
  if (newline === -1 && !isWhole) {
    if (!isEnough) return null;
    if (WRAPPER.test(line)) throw singleObject();
    return 'ndjson';
  }
  const document = parseOrUndefined(line);
  if (document === undefined) {
    // A line of a pretty-printed object ends where a complete row never does.
    if (/[{[,:]$/.test(line)) throw singleObject();
    return 'ndjson';
  }
  const hasSecondLine = newline !== -1 && firstNonBlank(head.subarray(newline)) !== -1;
  if (hasSecondLine) return 'ndjson';
  if (!isWhole) return isEnough ? 'ndjson' : null;
  if (wrapsRows(document)) throw singleObject();
  return 'ndjson';
}

/** A row may contain arrays of objects too, but a row without any text identifies no user. */
function wrapsRows(document: unknown): boolean {
  if (typeof document !== 'object' || document === null) return false;
  const values: unknown[] = Object.values(document);
  const hasRows = values.some(
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'object'),
  );
  return hasRows && !values.some((value) => typeof value === 'string');
}

function singleObject(): BrokenFile {
  return new BrokenFile(
    'TOP_LEVEL_OBJECT',
    'The file contains a single JSON object. Send an array of rows ([{…},{…}]) or one object per line.',
  );
}

/** Other kinds of files that people upload, by their first bytes in Latin-1. */
const OTHER_KINDS: [RegExp, string][] = [
  [/^PK[^\w,;|\t" ]/, 'It looks like a zip or Excel file. Save the sheet as "CSV UTF-8".'],
  [/^\xd0\xcf[^ -~]\xe0/, 'It looks like an older Excel file. Save the sheet as "CSV UTF-8".'],
  [/^%PDF/, 'It looks like a PDF document.'],
  [
    /^<!doctype html|^<html|^<head|^<body|^<table/i,
    'It looks like a web page, for example a login page. Open it in a browser to read it.',
  ],
  [/^<\?xml|^<[a-z][^@>]*>/i, 'It looks like XML.'],
  [
    /^BZh[1-9]|^\xfd7zXZ|^7z\xbc\xaf|^\x28\xb5\x2f\xfd|^Rar!/,
    'It is compressed, but not with gzip. Unpack it.',
  ],
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: text contains only tab, line feed and carriage return.
const BINARY = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;

function assertText(head: Buffer): void {
  const newline = head.indexOf(NEWLINE);
  const firstLine = (newline === -1 ? head : head.subarray(0, newline)).toString('latin1');
  const other = OTHER_KINDS.find(([beginning]) => beginning.test(firstLine));
  if (other) throw unknownFormat(other[1]);
  if (BINARY.test(firstLine)) throw unknownFormat('It looks like a binary file.');
  // Windows-1252 is not UTF-8. In Latin-1 its letters are the same.
  const start = head.subarray(0, 4);
  if (!/^["'\p{L}_]/u.test(start.toString()) && !/^\p{L}/u.test(start.toString('latin1'))) {
    throw unknownFormat(
      `It starts with ${JSON.stringify(head.subarray(0, 1).toString('latin1'))}.`,
    );
  }
}

function unknownFormat(detail: string): BrokenFile {
  return new BrokenFile(
    'UNKNOWN_FORMAT',
    `The file is neither a JSON array, nor one JSON object per line, nor CSV with a header. ${detail}`,
  );
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstNonBlank(bytes: Buffer): number {
  return bytes.findIndex((b) => b !== 0x20 && b !== 0x0a && b !== 0x0d && b !== 0x09);
}
