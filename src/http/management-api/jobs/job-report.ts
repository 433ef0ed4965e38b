import type { RowOutcome } from '../../../flows/import-users/import-users.ts';
import { csvHeading, csvLine } from '../../../platform/csv-cell/csv-cell.ts';
import { valueAt } from '../../../platform/property-path/property-path.ts';

/** Streams the refused rows as one JSON array: `[{user, errors, row_number}]`. */
export async function* jsonArray(batches: AsyncIterable<RowOutcome[]>): AsyncGenerator<string> {
  let separator = '[';
  for await (const batch of batches) {
    let text = '';
    for (const rowOutcome of batch) {
      const entry = {
        user: rowOutcome.echo ?? {},
        errors: rowOutcome.errors ?? [],
        row_number: rowOutcome.row,
      };
      text += separator + JSON.stringify(entry);
      separator = ',';
    }
    if (text !== '') yield text;
  }
  yield separator === '[' ? '[]' : ']';
}

function toWire(rowOutcome: RowOutcome) {
  return {
    row_number: rowOutcome.row,
    status: statusOf(rowOutcome),
    email: rowOutcome.email,
    user_id: rowOutcome.userId,
    ...(rowOutcome.invitation && { invitation: rowOutcome.invitation }),
    ...(rowOutcome.errors && { errors: rowOutcome.errors }),
    ...(rowOutcome.notes && { notes: rowOutcome.notes }),
  };
}

/** Status of a row. An update that changed nothing is `unchanged`. */
function statusOf(rowOutcome: RowOutcome): string {
  return rowOutcome.isUnchanged ? 'unchanged' : rowOutcome.status;
}

/** Streams all rows as NDJSON. */
export async function* ndjsonReport(batches: AsyncIterable<RowOutcome[]>): AsyncGenerator<string> {
  for await (const batch of batches) {
    const text = batch.map((rowOutcome) => `${JSON.stringify(toWire(rowOutcome))}\n`).join('');
    if (text !== '') yield text;
  }
}

/** Streams all rows as CSV with a header row. */
export async function* csvReport(batches: AsyncIterable<RowOutcome[]>): AsyncGenerator<string> {
  yield 'row_number,status,email,user_id,invitation,error_codes,error_messages,notes\r\n';
  for await (const batch of batches) {
    const text = batch
      .map((rowOutcome) =>
        csvLine([
          rowOutcome.row,
          statusOf(rowOutcome),
          rowOutcome.email,
          rowOutcome.userId,
          rowOutcome.invitation ?? null,
          rowOutcome.errors?.map((error) => error.code).join(' ') ?? null,
          rowOutcome.errors ? messagesOf(rowOutcome.errors) : null,
          rowOutcome.notes?.map((note) => `${note.path}: ${note.message}`).join('; ') ?? null,
        ]),
      )
      .join('');
    if (text !== '') yield text;
  }
}

function messagesOf(errors: { path?: string; message: string }[]): string {
  return errors
    .map((error) => (error.path ? `${error.path}: ${error.message}` : error.message))
    .join('; ');
}

/** Replaces secrets; see the echo of a row in the import. */
const MASK = '*****';
const SECRET = new Set(['password_hash', 'custom_password_hash', 'mfa_factors']);
const MAX_COLUMNS = 1_000;
const REASONS = ['row_number', 'error_codes', 'error_messages'];

/** A column of a file, and the path of its value in a row. */
export type ReportColumn = { name: string; path: string[] };

/**
 * Streams the refused rows as CSV that can be corrected and imported: the columns of the file, then the reasons. An import
 * ignores the columns with the reasons.
 * The CSV has the delimiter of the file, because the same spreadsheet opens it. It begins with a byte order mark, because
 * without one a spreadsheet reads UTF-8 as Windows-1252.
 * @param read returns the refused rows, from the first one at each call
 * @param file.columns the columns of a CSV file; null: the columns that the rows have, found by reading the rows twice
 */
export async function* csvErrors(
  read: () => AsyncIterable<RowOutcome[]>,
  { columns, delimiter }: { columns: ReportColumn[] | null; delimiter: string },
): AsyncGenerator<string> {
  const all = columns ?? (await columnsIn(read()));
  // A file of refused rows that was corrected only in part still has the earlier reasons.
  const shown = all.filter(({ name }) => !REASONS.includes(name));
  yield `\uFEFF${csvHeading([...shown.map(({ name }) => name), ...REASONS], delimiter)}`;
  for await (const batch of read()) {
    const text = batch.map((rowOutcome) => errorLine(rowOutcome, shown, delimiter)).join('');
    if (text !== '') yield text;
  }
}

function errorLine(rowOutcome: RowOutcome, columns: ReportColumn[], delimiter: string): string {
  const errors = rowOutcome.errors ?? [];
  const hidden: string[] = [];
  const cells = columns.map(({ name, path }) => {
    const value = valueAt(rowOutcome.echo, path);
    if (value === undefined || !(SECRET.has(path[0] ?? '') || isMasked(value))) return value;
    hidden.push(name);
    return null;
  });
  const reasons =
    messagesOf(errors) +
    (hidden.length > 0 ? `; not in this file: ${hidden.join(', ')} (add the values again)` : '');
  const codes = errors.map((error) => error.code).join(' ');
  return csvLine([...cells, rowOutcome.row, codes, reasons], delimiter);
}

/** Whether the value is or contains a masked secret. */
function isMasked(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === MASK;
  return Object.values(value).some(isMasked);
}

async function columnsIn(batches: AsyncIterable<RowOutcome[]>): Promise<ReportColumn[]> {
  const names = new Set<string>(['email']);
  for await (const batch of batches) {
    for (const { echo } of batch) {
      for (const name of Object.keys(echo ?? {})) if (names.size < MAX_COLUMNS) names.add(name);
    }
  }
  return [...names].map((name) => ({ name, path: [name] }));
}
