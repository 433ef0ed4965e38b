import { CsvError, parse } from 'csv-parse/sync';
import { readHeading } from '../csv-cell/csv-cell.ts';
import { BrokenFile } from './broken-file.ts';
import { createCarry } from './carry.ts';
import type { CsvColumnOf, CsvColumns } from './csv-columns.ts';
import { readHeader } from './csv-columns.ts';
import type { CutRow, Cutter, RowLimits } from './cutter.ts';
import {
  badRow,
  checkedBytes,
  isPlain,
  nestsDeeperThan,
  rowTooDeep,
  rowTooLarge,
} from './cutter.ts';
import { describeBadEncoding } from './encoding.ts';

/** Possible delimiters and their names in messages. */
const DELIMITERS = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars (|)' };
const DELIMITER_BYTES = new Set(Object.keys(DELIMITERS).map((key) => key.charCodeAt(0)));

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The scanner's place in a record. A quote opens only at the start of a cell (RFC 4180). */
type Place = 'cell-start' | 'plain' | 'quoted' | 'after-quote';

/** A record as found, or its problem. */
type Found = { number: number; bytes: Buffer; hasQuotes: boolean } | CutRow;

/** The names of the columns, and the delimiter: a comma, a semicolon, a tab or a bar. */
export type CsvHeader = { names: string[]; delimiter: string };

/**
 * Cuts CSV with a header row into JSON rows. This module finds the ends of records in constant memory, because csv-parse cannot continue
 * after an oversized record. csv-parse reads the quoted cells.
 */
export function createCsvCutter(
  limits: RowLimits,
  columnOf: CsvColumnOf,
  keyColumns?: string[],
  onHeader?: (header: CsvHeader) => void,
): Cutter {
  const carry = createCarry(limits.maxRowBytes);
  let columns: CsvColumns | null = null;
  let delimiter = ',';
  let delimiterByte = 0;
  let place: Place = 'cell-start';
  let hasQuotes = false;
  /** The line on which the record begins, from 1, and the number of line breaks in its quoted cells so far. */
  let line = 1;
  let innerBreaks = 0;

  /** Returns the index of the newline that ends the record, or -1. */
  function scan(chunk: Buffer, from: number): number {
    let at: Place = place;
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i];
      if (at === 'quoted') {
        if (byte === QUOTE) at = 'after-quote';
        else if (byte === NEWLINE) innerBreaks++;
      } else if (byte === NEWLINE) {
        place = 'cell-start';
        return i;
      } else if (byte === QUOTE) {
        hasQuotes = true;
        // A second quote right after a closing one is an escaped quote: the cell continues.
        if (at !== 'plain') at = 'quoted';
      } else at = isDelimiter(byte) ? 'cell-start' : 'plain';
    }
    place = at;
    return -1;
  }

  /** Until the header is read, any of them may be the delimiter. */
  function isDelimiter(byte: number | undefined): boolean {
    if (delimiterByte !== 0) return byte === delimiterByte;
    return byte !== undefined && DELIMITER_BYTES.has(byte);
  }

  function found(chunk: Buffer, start: number, end: number, plain: boolean): Found | null {
    const isPlainRecord = plain && carry.isPlain();
    const quotes = hasQuotes;
    const number = line;
    line += innerBreaks + 1;
    innerBreaks = 0;
    hasQuotes = false;
    const taken = carry.take(chunk, start, end);
    if (taken === null) {
      if (!columns) throw headerTooLong(limits);
      return rowTooLarge(number, limits);
    }
    const bytes = taken.at(-1) === CARRIAGE_RETURN ? taken.subarray(0, -1) : taken;
    if (isBlank(bytes)) return null;
    if (!columns) {
      // The line by which spreadsheets declare the delimiter.
      const told =
        number === 1 ? /^"?sep=([,;\t|])"?$/i.exec(bytes.toString('latin1').trimStart()) : null;
      if (told?.[1]) setDelimiter(told[1]);
      else columns = header(bytes, quotes);
      return null;
    }
    if (!isPlainRecord) {
      const checked = checkedBytes(number, bytes, 'INVALID_CSV');
      if (checked.kind === 'bad-row') return checked;
    }
    return { number, bytes, hasQuotes: quotes };
  }

  function setDelimiter(to: string): void {
    delimiter = to;
    delimiterByte = to.charCodeAt(0);
  }

  function header(bytes: Buffer, quotes: boolean): CsvColumns {
    const checked = checkedBytes(0, bytes, 'INVALID_CSV');
    if (checked.kind === 'bad-row') {
      const isEncoding = checked.code === 'INVALID_ENCODING';
      const message = isEncoding ? describeBadEncoding(bytes) : checked.message;
      throw new BrokenFile(isEncoding ? 'INVALID_ENCODING' : 'INVALID_HEADER', message);
    }
    if (/\r/.test(bytes.toString('latin1').replace(/"[^"]*"/g, ''))) {
      throw new BrokenFile(
        'INVALID_HEADER',
        'The lines end with CR only. Save the file with LF or CRLF.',
      );
    }
    if (delimiterByte === 0) setDelimiter(detectDelimiter(bytes.toString()));
    const names = quotes ? parseQuoted([bytes], delimiter)?.[0] : bytes.toString().split(delimiter);
    if (!names)
      throw new BrokenFile('INVALID_HEADER', 'The CSV header has a quote in the wrong place.');
    onHeader?.({ names: names.map(readHeading), delimiter });
    return readHeader(names, columnOf, keyColumns);
  }

  /** Returns `null` for a record without any value, which spreadsheets write at the end. */
  function toRow(
    record: { number: number; hasQuotes: boolean },
    cells: string[],
    names: CsvColumns,
  ): CutRow | null {
    if (cells.every((cell) => cell.trim() === '')) return null;
    const problem =
      (record.hasQuotes ? null : lineProblem(cells, names, delimiter)) ?? cellProblem(cells, names);
    if (problem) return badRow(record.number, 'INVALID_CSV', problem);
    const raw = Buffer.from(names.toJson(cells));
    if (raw.length > limits.maxRowBytes) return rowTooLarge(record.number, limits);
    if (nestsDeeperThan(limits.maxDepth, raw)) return rowTooDeep(record.number, limits);
    return { kind: 'row', number: record.number, raw };
  }

  /** Passes all quoted records of a chunk to csv-parse at once, because starting it costs more than a row. */
  function convert(records: Found[], out: CutRow[]): void {
    const names = columns;
    if (!names) return;
    const quoted = records.flatMap((r) => ('kind' in r || !r.hasQuotes ? [] : [r.bytes]));
    const parsed = parseQuoted(quoted, delimiter);
    let next = 0;
    const read = records.map((record) => {
      if ('kind' in record) return { record, cells: undefined };
      const cells = !record.hasQuotes
        ? record.bytes.toString().split(delimiter)
        : parsed
          ? parsed[next++]
          : parseQuoted([record.bytes], delimiter)?.[0];
      if (cells) names.note(cells);
      return { record, cells };
    });
    for (const { record, cells } of read) {
      const row =
        'kind' in record ? record : cells ? toRow(record, cells, names) : misquoted(record.number);
      if (row) out.push(row);
    }
  }

  function push(chunk: Buffer, out: CutRow[]): void {
    const plain = isPlain(chunk);
    const records: Found[] = [];
    let start = 0;
    for (let newline = scan(chunk, 0); newline !== -1; newline = scan(chunk, start)) {
      const record = found(chunk, start, newline, plain);
      if (record) records.push(record);
      start = newline + 1;
    }
    if (start < chunk.length) carry.append(chunk, start, chunk.length, plain);
    convert(records, out);
  }

  function end(out: CutRow[]): void {
    if (place === 'quoted') {
      throw new BrokenFile(
        'TRUNCATED',
        `The file ends inside a quoted cell of the row that begins on line ${line}. Close the quote or upload the complete file.`,
      );
    }
    const record = found(Buffer.alloc(0), 0, 0, true);
    if (record) convert([record], out);
    if (!columns) throw new BrokenFile('EMPTY', 'Users file must not be empty.');
  }

  return { push, end };
}

function isBlank(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes.length < 100 && bytes.toString('latin1').trim() === '');
}

/** Returns the cells of quoted records, or `null` if one of them violates the quoting rules. */
function parseQuoted(records: Buffer[], delimiter: string): string[][] | null {
  if (records.length === 0) return [];
  const text = records.map((bytes) => bytes.toString()).join('\n');
  try {
    const rows = parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true });
    return rows.length === records.length ? rows : null;
  } catch (error) {
    if (error instanceof CsvError) return null;
    throw error;
  }
}

/** Returns the most frequent candidate outside quotes, or a comma if there is none. */
function detectDelimiter(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const count = (candidate: string) => bare.split(candidate).length;
  return [';', '\t', '|'].reduce((best, next) => (count(next) > count(best) ? next : best), ',');
}

/** Checks whether an unquoted line shows that the file consists of two files, or was saved with another delimiter. */
function lineProblem(cells: string[], columns: CsvColumns, delimiter: string): string | null {
  if (cells.length === columns.count && columns.count > 1) return null;
  if (cells.some((cell) => /\S\r\S/.test(cell))) {
    return 'The file has different line ends, in this row CR only. Save the file with LF or CRLF.';
  }
  const [only = ''] = cells;
  if (cells.length > 1 || columns.count === 1) return null;
  const words = Object.entries(DELIMITERS);
  const here = words.find(([one]) => only.split(one).length === columns.count)?.[1];
  const above = words.find(([one]) => one === delimiter)?.[1];
  return here === undefined
    ? null
    : `The cells of this row are separated by ${here}, those of the header by ${above}. Use one of them for the whole file.`;
}

function cellProblem(cells: string[], columns: CsvColumns): string | null {
  const unnamed = columns.unnamedCell(cells);
  if (unnamed !== -1)
    return `Cell ${unnamed + 1} has no column name in the header. Name the column.`;
  if (cells.length < columns.count) {
    return `The row has ${cells.length} cells but the header has ${columns.count} columns. Put cells that contain line breaks in quotes.`;
  }
  if (cells.findIndex((cell, i) => i >= columns.count && cell.trim() !== '') !== -1) {
    return `The row has ${cells.length} cells but the header has ${columns.count} columns. Put cells that contain the delimiter in quotes.`;
  }
  return null;
}

function misquoted(number: number): CutRow {
  return badRow(
    number,
    'INVALID_CSV',
    'The row has a quote in the wrong place. Put the whole cell in quotes and double the quotes inside it.',
  );
}

function headerTooLong({ maxRowBytes }: RowLimits): BrokenFile {
  return new BrokenFile('INVALID_HEADER', `The first line is longer than ${maxRowBytes} bytes.`);
}
