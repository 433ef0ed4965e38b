const FIRST_CAPACITY = 4096;

/**
 * Holds the part of a row from earlier chunks. It grows by doubling up to `maxBytes`. Beyond that only the length is counted, so memory
 * stays bounded for a row of any length.
 */
export type Carry = {
  /** Length of the row so far in bytes, including bytes that are no longer held. */
  length(): number;
  append(chunk: Buffer, start: number, end: number, plain: boolean): void;
  /** Returns the row with this last part, or `null` if it is larger than `maxBytes`. Then starts a new row. */
  take(chunk: Buffer, start: number, end: number): Buffer | null;
  /** Returns whether every appended chunk was plain. */
  isPlain(): boolean;
};

export function createCarry(maxBytes: number): Carry {
  let held = Buffer.allocUnsafe(0);
  let length = 0;
  let plain = true;

  function append(chunk: Buffer, start: number, end: number, chunkIsPlain: boolean) {
    const from = length;
    length += end - start;
    plain = plain && chunkIsPlain;
    if (length > maxBytes) {
      held = Buffer.allocUnsafe(0);
      return;
    }
    if (length > held.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, held.length * 2, FIRST_CAPACITY));
      held.copy(grown, 0, 0, from);
      held = grown;
    }
    chunk.copy(held, from, start, end);
  }

  function take(chunk: Buffer, start: number, end: number): Buffer | null {
    if (length === 0) {
      plain = true;
      return end - start > maxBytes ? null : chunk.subarray(start, end);
    }
    append(chunk, start, end, true);
    const raw = length > maxBytes ? null : held.subarray(0, length);
    held = Buffer.allocUnsafe(0);
    length = 0;
    plain = true;
    return raw;
  }

  return { length: () => length, append, take, isPlain: () => plain };
}
