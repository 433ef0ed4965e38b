import { BrokenFile } from './broken-file.ts';
import { createCarry } from './carry.ts';
import type { CutRow, Cutter, RowLimits } from './cutter.ts';
import { checkedBytes, isPlain, rowTooDeep, rowTooLarge } from './cutter.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

type Place =
  | 'before-array'
  | 'before-first'
  | 'before-element'
  | 'in-container'
  | 'in-string'
  | 'in-scalar'
  | 'after-element'
  | 'after-array';

/**
 * Finds the elements of one JSON array (RFC 8259) by their brackets and quotes. Elements are not validated, except that their brackets must
 * match: otherwise no later boundary would be reliable. The state is a few numbers, so a chunk may end anywhere.
 * It loops over the bytes: in rows of users every seventh byte is a quote, and one native search per quote took three to four times as
 * long.
 */
export function createJsonArrayCutter(limits: RowLimits): Cutter {
  const carry = createCarry(limits.maxRowBytes);
  const closers = new Uint8Array(limits.maxDepth);
  let place: Place = 'before-array';
  let number = 0;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  let escaped = false;

  function finish(chunk: Buffer, start: number, end: number, plain: boolean): CutRow {
    const rowIsPlain = plain && carry.isPlain();
    const raw = carry.take(chunk, start, end);
    if (raw === null) return rowTooLarge(number, limits);
    if (deepest > limits.maxDepth) return rowTooDeep(number, limits);
    return rowIsPlain ? { kind: 'row', number, raw } : checkedBytes(number, raw, 'INVALID_JSON');
  }

  /** Returns the index after the element's last byte, or -1 if it continues in the next chunk. */
  function scanContainer(chunk: Buffer, from: number): number {
    const length = chunk.length;
    let i = from;
    // The compiler keeps locals in registers, but not captured variables.
    let quoted = inString;
    let level = depth;
    if (escaped) {
      escaped = false;
      i++;
    }
    while (i < length) {
      if (quoted) {
        let byte = chunk[i];
        while (byte !== QUOTE && byte !== BACKSLASH && ++i < length) byte = chunk[i];
        if (i >= length) break;
        if (byte === BACKSLASH) {
          i++;
          if (i === length) escaped = true;
        } else quoted = false;
        i++;
        continue;
      }
      const byte = chunk[i++];
      if (byte === QUOTE) quoted = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        // In ASCII a closing bracket is its opening bracket plus two.
        if (level < limits.maxDepth) closers[level] = byte + 2;
        level++;
        if (level > deepest) deepest = level;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        level--;
        if (level < limits.maxDepth && closers[level] !== byte) throw mismatch(number, byte);
        if (level === 0) {
          depth = 0;
          inString = false;
          return i;
        }
      }
    }
    depth = level;
    inString = quoted;
    return -1;
  }

  function scanString(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i++) {
      if (escaped) escaped = false;
      else if (chunk[i] === BACKSLASH) escaped = true;
      else if (chunk[i] === QUOTE) return i + 1;
    }
    return -1;
  }

  function scanElement(chunk: Buffer, from: number): number {
    if (place === 'in-container') return scanContainer(chunk, from);
    if (place === 'in-string') return scanString(chunk, from);
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === COMMA || byte === CLOSE_BRACKET || isBlank(byte)) return i;
    }
    return -1;
  }

  /** Enters an element at its first byte. Returns where scanning continues. */
  function open(byte: number, at: number): number {
    number++;
    deepest = 0;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      place = 'in-container';
      return at;
    }
    if (byte === QUOTE) {
      place = 'in-string';
      return at + 1;
    }
    if (!startsScalar(byte)) throw garbage(number - 1, byte);
    place = 'in-scalar';
    return at;
  }

  function push(chunk: Buffer, out: CutRow[]): void {
    const plain = isPlain(chunk);
    let i = 0;
    if (place === 'in-container' || place === 'in-string' || place === 'in-scalar') {
      const end = scanElement(chunk, 0);
      if (end === -1) {
        carry.append(chunk, 0, chunk.length, plain);
        return;
      }
      out.push(finish(chunk, 0, end, plain));
      place = 'after-element';
      i = end;
    }
    while (i < chunk.length) {
      const byte = chunk[i] ?? 0;
      if (isBlank(byte)) {
        i++;
      } else if (place === 'after-element' && byte === COMMA) {
        place = 'before-element';
        i++;
      } else if (
        (place === 'after-element' || place === 'before-first') &&
        byte === CLOSE_BRACKET
      ) {
        place = 'after-array';
        i++;
      } else if (place === 'before-element' || place === 'before-first') {
        const start = i;
        const end = scanElement(chunk, open(byte, i));
        if (end === -1) {
          carry.append(chunk, start, chunk.length, plain);
          return;
        }
        out.push(finish(chunk, start, end, plain));
        place = 'after-element';
        i = end;
      } else if (place === 'before-array' && byte === OPEN_BRACKET) {
        place = 'before-first';
        i++;
      } else throw unexpected(place, number, byte);
    }
  }

  function end(): void {
    if (place === 'after-array') return;
    if (place === 'before-array') throw new BrokenFile('EMPTY', 'Users file must not be empty.');
    const inside = place === 'in-container' || place === 'in-string' || place === 'in-scalar';
    const where = inside ? `in the middle of row ${number}` : `after row ${number}, without a ]`;
    throw new BrokenFile('TRUNCATED', `The file ends ${where}. Upload the complete file.`);
  }

  return { push, end };
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Returns whether a byte starts a scalar: digits, minus and letters, also for misspelled words such as `None`. */
function startsScalar(byte: number): boolean {
  const letter = byte | 0x20;
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

function show(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `the byte 0x${byte.toString(16).padStart(2, '0')}`;
}

function mismatch(number: number, byte: number): BrokenFile {
  const expected = byte === CLOSE_BRACE ? ']' : '}';
  return new BrokenFile(
    'INVALID_JSON',
    `Row ${number} has ${show(byte)} in place of ${expected}. Correct that row. Nothing after it could be read.`,
  );
}

function garbage(number: number, byte: number): BrokenFile {
  const where = number === 0 ? 'at the start of the array' : `after row ${number}`;
  return new BrokenFile(
    'INVALID_JSON',
    `Expected another row ${where} but found ${show(byte)}. Nothing after it could be read.`,
  );
}

function unexpected(place: Place, number: number, byte: number): BrokenFile {
  if (place === 'after-array') {
    return new BrokenFile(
      'TRAILING_DATA',
      `The file has more data after the closing ], starting with ${show(byte)}. Put all rows into one array.`,
    );
  }
  if (place === 'before-array') {
    return new BrokenFile(
      'NOT_AN_ARRAY',
      `The file must start with [ but starts with ${show(byte)}.`,
    );
  }
  return new BrokenFile(
    'INVALID_JSON',
    `Expected , or ] after row ${number} but found ${show(byte)}. Nothing after it could be read.`,
  );
}
