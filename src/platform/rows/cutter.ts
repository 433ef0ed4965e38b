import { isAscii, isUtf8 } from 'node:buffer';
import { describeBadEncoding } from './encoding.ts';

/** One element of an upload. `number`: see rows.ts. */
export type CutRow =
  | { kind: 'row'; number: number; raw: Buffer }
  | { kind: 'bad-row'; number: number; code: BadRowCode; message: string };

export type BadRowCode =
  | 'ROW_TOO_LARGE'
  | 'INVALID_ENCODING'
  | 'TOO_DEEP'
  | 'INVALID_JSON'
  | 'INVALID_CSV';

export type RowLimits = { maxRowBytes: number; maxDepth: number };

/**
 * Cuts one format into rows, which it appends to `out`. Both functions throw BrokenFile if nothing more can be read; `out` then has the
 * rows before.
 */
export type Cutter = {
  push(chunk: Buffer, out: CutRow[]): void;
  end(out: CutRow[]): void;
};

/** Returns whether no byte of the chunk can make a row bad by itself: plain ASCII, no NUL. */
export function isPlain(chunk: Buffer): boolean {
  return isAscii(chunk) && !chunk.includes(0);
}

export function badRow(number: number, code: BadRowCode, message: string): CutRow {
  return { kind: 'bad-row', number, code, message };
}

export function rowTooLarge(number: number, { maxRowBytes }: RowLimits): CutRow {
  return badRow(
    number,
    'ROW_TOO_LARGE',
    `The row is larger than ${maxRowBytes} bytes. Shorten it.`,
  );
}

export function rowTooDeep(number: number, { maxDepth }: RowLimits): CutRow {
  return badRow(
    number,
    'TOO_DEEP',
    `The row is nested deeper than ${maxDepth} levels. Flatten it.`,
  );
}

/** Returns the bytes as a row, or as a bad row if they contain NULs or are not UTF-8. */
export function checkedBytes(
  number: number,
  raw: Buffer,
  code: 'INVALID_JSON' | 'INVALID_CSV',
): CutRow {
  if (raw.includes(0)) {
    return badRow(number, code, 'The row contains a NUL byte. Remove it from the file.');
  }
  if (!isUtf8(raw)) return badRow(number, 'INVALID_ENCODING', describeBadEncoding(raw));
  return { kind: 'row', number, raw };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Returns whether JSON text nests deeper than `maxDepth`. Brackets inside strings do not count. */
export function nestsDeeperThan(maxDepth: number, json: Buffer): boolean {
  if (!hasMoreThan(maxDepth, json)) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return false;
}

/** A native search decides nearly every row: most have too few brackets to nest deeply. */
function hasMoreThan(count: number, json: Buffer): boolean {
  let found = 0;
  for (const bracket of [0x7b, 0x5b]) {
    for (let at = json.indexOf(bracket); at !== -1; at = json.indexOf(bracket, at + 1)) {
      if (++found > count) return true;
    }
  }
  return false;
}
