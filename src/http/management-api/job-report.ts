import type { RowOutcome } from '../../flows/import-users/import-users.ts';

/** Refused rows as one JSON array, streamed: `[{user, errors, row_number}]`. */
export async function* jsonArray(batches: AsyncIterable<RowOutcome[]>): AsyncGenerator<string> {
  let separator = '[';
  for await (const batch of batches) {
    let text = '';
    for (const one of batch) {
      const entry = { user: one.echo ?? {}, errors: one.errors ?? [], row_number: one.row };
      text += separator + JSON.stringify(entry);
      separator = ',';
    }
    if (text !== '') yield text;
  }
  yield separator === '[' ? '[]' : ']';
}

function toWire(one: RowOutcome) {
  return {
    row_number: one.row,
    status: one.status,
    email: one.email,
    user_id: one.userId,
    ...(one.invitation && { invitation: one.invitation }),
    ...(one.errors && { errors: one.errors }),
    ...(one.notes && { notes: one.notes }),
  };
}

/** All rows, one JSON object a line. */
export async function* ndjsonReport(batches: AsyncIterable<RowOutcome[]>): AsyncGenerator<string> {
  for await (const batch of batches) {
    const text = batch.map((one) => `${JSON.stringify(toWire(one))}\n`).join('');
    if (text !== '') yield text;
  }
}

/** All rows as CSV with a header. */
export async function* csvReport(batches: AsyncIterable<RowOutcome[]>): AsyncGenerator<string> {
  yield 'row_number,status,email,user_id,invitation,error_codes,error_messages,notes\r\n';
  for await (const batch of batches) {
    const text = batch
      .map((one) =>
        csvLine([
          one.row,
          one.status,
          one.email,
          one.userId,
          one.invitation ?? null,
          one.errors?.map((error) => error.code).join(' ') ?? null,
          one.errors
            ?.map((error) => (error.path ? `${error.path}: ${error.message}` : error.message))
            .join('; ') ?? null,
          one.notes?.map((note) => `${note.path}: ${note.message}`).join('; ') ?? null,
        ]),
      )
      .join('');
    if (text !== '') yield text;
  }
}

/**
 * A line of RFC 4180 CSV. Text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection).
 */
export function csvLine(cells: (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
