import { BrokenFile } from './broken-file.ts';
import { createCarry } from './carry.ts';
import type { CutRow, Cutter, RowLimits } from './cutter.ts';
import { checkedBytes, isPlain, nestsDeeperThan, rowTooDeep, rowTooLarge } from './cutter.ts';

const NEWLINE = 0x0a;

/** Cuts NDJSON: every line that is not blank is a row. The reader of the row checks its JSON. */
export function createLineCutter(limits: RowLimits): Cutter {
  const carry = createCarry(limits.maxRowBytes + 1);
  /** The current line, from 1. */
  let line = 1;
  let found = 0;

  function finish(chunk: Buffer, start: number, end: number, plain: boolean): CutRow | null {
    const lineIsPlain = plain && carry.isPlain();
    const number = line++;
    const taken = carry.take(chunk, start, end);
    if (taken === null) {
      found++;
      return rowTooLarge(number, limits);
    }
    const raw = trimBlanks(taken);
    if (raw.length === 0) return null;
    found++;
    if (raw.length > limits.maxRowBytes) return rowTooLarge(number, limits);
    const row: CutRow = lineIsPlain
      ? { kind: 'row', number, raw }
      : checkedBytes(number, raw, 'INVALID_JSON');
    if (row.kind === 'row' && nestsDeeperThan(limits.maxDepth, raw))
      return rowTooDeep(number, limits);
    return row;
  }

  function push(chunk: Buffer, out: CutRow[]): void {
    const plain = isPlain(chunk);
    let start = 0;
    for (
      let newline = chunk.indexOf(NEWLINE);
      newline !== -1;
      newline = chunk.indexOf(NEWLINE, start)
    ) {
      const row = finish(chunk, start, newline, plain);
      if (row) out.push(row);
      start = newline + 1;
    }
    if (start < chunk.length) carry.append(chunk, start, chunk.length, plain);
  }

  function end(out: CutRow[]): void {
    const row = finish(Buffer.alloc(0), 0, 0, true);
    // Only a last line without a newline can have been truncated in transit.
    if (row?.kind === 'row' && !isJson(row.raw)) {
      throw new BrokenFile(
        'TRUNCATED',
        `The file ends in the middle of line ${row.number}. Upload the complete file.`,
      );
    }
    if (row) out.push(row);
    if (found === 0) throw new BrokenFile('EMPTY', 'Users file must not be empty.');
  }

  return { push, end };
}

function isJson(raw: Buffer): boolean {
  try {
    JSON.parse(raw.toString());
    return true;
  } catch {
    return false;
  }
}

function trimBlanks(line: Buffer): Buffer {
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line[start])) start++;
  while (end > start && isBlank(line[end - 1])) end--;
  return start === 0 && end === line.length ? line : line.subarray(start, end);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09;
}
