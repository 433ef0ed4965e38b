import { BrokenFile, type BrokenFileCode } from './broken-file.ts';
import type { CsvColumnOf } from './csv-columns.ts';
import { type CsvHeader, createCsvCutter } from './cut-csv.ts';
import { createJsonArrayCutter } from './cut-json-array.ts';
import { createLineCutter } from './cut-lines.ts';
import type { CutRow, Cutter } from './cutter.ts';
import { detectFormat, LOOK_AHEAD_BYTES, type RowFormat } from './detect-format.ts';
import { type Encoding, type FoundEncoding, fromWindows1252, toUtf8 } from './encoding.ts';
import { inflate, prepend } from './inflate.ts';

export type { CsvColumn } from './csv-columns.ts';
export type { CutRow } from './cutter.ts';

/** `broken`: nothing after the last delivered row could be read. `message` says why and what to do. */
export type CutEnd = { encoding: Encoding } & (
  | { kind: 'complete' }
  | { kind: 'broken'; code: BrokenFileCode; message: string }
);

export type CutOptions = {
  /** Maximum size of a row in bytes. Larger rows are skipped in constant memory and reported. */
  maxRowBytes: number;
  /** Maximum number of nested objects and arrays in a row, including the row itself. */
  maxDepth: number;
  /** Overrides detection. */
  format?: RowFormat;
  /** Maximum size of the upload as received, in bytes. */
  maxBytes: number;
  maxInflatedBytes: number;
  /** Maximum ratio of inflated to compressed bytes, checked after the first 10 MiB. */
  maxInflationRatio: number;
  /** Default: a property with the column's name, always text. */
  csvColumn?: CsvColumnOf;
  /** A CSV file whose header has none of these columns is broken, because its rows are unusable. */
  csvKeyColumns?: string[];
  /** Called with the header of a CSV file, before csvColumn is called with its names. */
  onCsvHeader?: (header: CsvHeader) => void;
};

/** Limits the size of a batch, for chunks of any size. */
const SLICE_BYTES = 256 * 1024;
const DETECT_STEP_BYTES = 4 * 1024;

/**
 * Cuts an upload into rows while it arrives: a JSON array, NDJSON or CSV with a header, plain or gzipped, in UTF-8 or UTF-16, CSV also in
 * Windows-1252. It yields the rows of each chunk as one array. Memory is bounded by `maxRowBytes`, never by the file. The boundaries of
 * rows are reliable, but the caller must check whether a row is valid JSON. Errors of the source are thrown.
 */
export async function* cutRows(
  source: AsyncIterable<Buffer>,
  options: CutOptions,
): AsyncGenerator<CutRow[], CutEnd> {
  const found: FoundEncoding = { encoding: 'utf-8', isSure: false };
  const bytes = toUtf8(inflate(source, options), found);
  try {
    const { format, head } = await readHead(bytes, options);
    const cutter = createCutter(format, options);
    const whole = prepend(head, bytes);
    // The JSON standard requires UTF-8 (RFC 8259, 8.1). CSV has no such standard.
    const readable = format === 'csv' && !found.isSure ? fromWindows1252(whole, found) : whole;
    for await (const chunk of readable) {
      for (const slice of slices(chunk)) yield* deliver((out) => cutter.push(slice, out));
    }
    yield* deliver((out) => cutter.end(out));
    return { kind: 'complete', encoding: found.encoding };
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    const { encoding } = found;
    return { kind: 'broken', code: error.code, message: error.message, encoding };
  } finally {
    await bytes.return();
  }
}

/** Delivers rows that were cut before the file turned out to be broken. */
function* deliver(cut: (out: CutRow[]) => void): Generator<CutRow[], void> {
  const out: CutRow[] = [];
  let failure: unknown;
  try {
    cut(out);
  } catch (error) {
    failure = error;
  }
  if (out.length > 0) yield out;
  if (failure) throw failure;
}

async function readHead(
  bytes: AsyncGenerator<Buffer, void>,
  { format }: CutOptions,
): Promise<{ format: RowFormat; head: Buffer }> {
  if (format) return { format, head: Buffer.alloc(0) };
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    const pieces: Buffer[] = [head];
    let added = 0;
    let isWhole = false;
    // In steps, so that a sender of single bytes does not cause a check for each byte.
    while (added < DETECT_STEP_BYTES && !isWhole) {
      const next = await bytes.next();
      isWhole = next.done === true;
      if (!next.value) continue;
      pieces.push(next.value);
      added += next.value.length;
    }
    head = Buffer.concat(pieces);
    const detected = detectFormat(
      head.subarray(0, LOOK_AHEAD_BYTES),
      isWhole && head.length <= LOOK_AHEAD_BYTES,
    );
    if (detected) return { format: detected, head };
  }
}

function createCutter(format: RowFormat, options: CutOptions): Cutter {
  if (format === 'json') return createJsonArrayCutter(options);
  if (format === 'ndjson') return createLineCutter(options);
  return createCsvCutter(
    options,
    options.csvColumn ?? ((name) => ({ path: [name], type: 'string' })),
    options.csvKeyColumns,
    options.onCsvHeader,
  );
}

function* slices(chunk: Buffer): Generator<Buffer, void> {
  for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
    yield chunk.subarray(from, from + SLICE_BYTES);
  }
}
