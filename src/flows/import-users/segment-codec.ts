import { pack, unpack } from '../../platform/packing/packing.ts';
import type { CutRow } from '../../platform/rows/rows.ts';
import type { RowError } from '../../records/segments/segments.ts';
import type { SegmentOutcome } from '../../steps/run-segments/run-segments.ts';
import type { RowNote } from './validate-row/validate-row.ts';

const ROW = 0;
const BAD_ROW = 1;
const HEADER_BYTES = 5;
/** Flag in the kind byte: the row's number follows the length. Rows stored by earlier versions have no number. */
const NUMBERED = 0x80;
const NUMBER_BYTES = 6;

/**
 * Packs rows: a kind byte, a length, the row's number, then the row's bytes; compressed off the event loop. Lines cannot separate rows,
 * because a pretty-printed row contains newlines.
 */
export async function packRows(rows: CutRow[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const row of rows) {
    const body =
      row.kind === 'row'
        ? row.raw
        : Buffer.from(JSON.stringify({ code: row.code, message: row.message }));
    const header = Buffer.allocUnsafe(HEADER_BYTES + NUMBER_BYTES);
    header.writeUInt8((row.kind === 'row' ? ROW : BAD_ROW) | NUMBERED, 0);
    header.writeUInt32LE(body.length, 1);
    header.writeUIntLE(row.number, HEADER_BYTES, NUMBER_BYTES);
    parts.push(header, body);
  }
  return pack(Buffer.concat(parts));
}

export type PackedRow = { number: number } & (
  | { kind: 'row'; raw: Buffer }
  | { kind: 'bad-row'; error: RowError }
);

/**
 * Reverses {@link packRows}. The rows are slices of one buffer.
 * @param firstRow number of the first row, for rows without a number of their own
 */
export async function unpackRows(payload: Buffer, firstRow: number): Promise<PackedRow[]> {
  const bytes = await unpack(payload);
  const rows: PackedRow[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes.readUInt8(at);
    const isNumbered = (kind & NUMBERED) !== 0;
    const number = isNumbered
      ? bytes.readUIntLE(at + HEADER_BYTES, NUMBER_BYTES)
      : firstRow + rows.length;
    const start = at + HEADER_BYTES + (isNumbered ? NUMBER_BYTES : 0);
    const end = start + bytes.readUInt32LE(at + 1);
    const body = bytes.subarray(start, end);
    rows.push(
      (kind & ~NUMBERED) === ROW
        ? { kind: 'row', number, raw: body }
        : { kind: 'bad-row', number, error: JSON.parse(body.toString('utf8')) },
    );
    at = end;
  }
  return rows;
}

/** The outcome of one row. */
export type RowOutcome = SegmentOutcome & {
  /** Parts of an accepted row that were omitted. */
  notes?: RowNote[];
};
