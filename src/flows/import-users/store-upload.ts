import { createHash } from 'node:crypto';
import type { Db } from '../../platform/db/db.ts';
import { type CutEnd, type CutRow, cutRows } from '../../platform/rows/rows.ts';
import { addSegment } from '../../records/segments/segments.ts';
import { packRows } from './segment-codec.ts';
import { type FieldMap, mappedName, userCsvColumn } from './validate-row/validate-row.ts';

const ROWS_PER_SEGMENT = 1000;
// A segment of large rows is shorter: it is held whole in memory once.
const BYTES_PER_SEGMENT = 4 * 1024 * 1024;
const MAX_ROW_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;
const MAX_INFLATION_RATIO = 200;
// Compressing and storing happen beside the cutting, this many at once.
const STORES_AT_ONCE = 2;

export type UploadFormat = 'json' | 'ndjson' | 'csv';

export type StoredUpload = {
  rows: number;
  end: CutEnd;
  /** The columns of a CSV file and where rows have them; null for other formats. */
  columns: FileColumn[] | null;
  /** Between the cells of a CSV file. */
  delimiter: string | undefined;
  /** SHA-256 of the bytes as they came. */
  digest: Buffer;
};

export type FileColumn = { name: string; path: string[] };

/**
 * Cuts an upload into rows and stores them in segments, without ever holding more than a few segments in memory.
 * @param upload.maxBytes of the bytes as they come; inflated ones may be twenty times as many
 */
export async function storeUpload(
  db: Db,
  upload: {
    jobId: string;
    source: AsyncIterable<Buffer>;
    format: UploadFormat | undefined;
    maxBytes: number;
    map: FieldMap | undefined;
  },
): Promise<StoredUpload> {
  const columns: FileColumn[] = [];
  let delimiter: string | undefined;
  const hash = createHash('sha256');
  async function* hashed() {
    for await (const chunk of upload.source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const batches = cutRows(hashed(), {
    maxRowBytes: MAX_ROW_BYTES,
    maxDepth: MAX_DEPTH,
    maxBytes: upload.maxBytes,
    maxInflatedBytes: upload.maxBytes * 20,
    maxInflationRatio: MAX_INFLATION_RATIO,
    csvColumn(name) {
      const column = userCsvColumn(name, mappedName(name, upload.map));
      columns.push({ name, path: column.path });
      return column;
    },
    csvKeyColumns: ['email', 'user_id'],
    onCsvDelimiter(found) {
      delimiter = found;
    },
    ...(upload.format && { format: upload.format }),
  });

  const storing = new Set<Promise<void>>();
  let failure: unknown;
  let waiting: CutRow[] = [];
  let waitingBytes = 0;
  let rows = 0;
  let segments = 0;

  const flush = async () => {
    if (waiting.length === 0) return;
    const segment = waiting;
    const number = segments++;
    const firstRow = rows - segment.length + 1;
    waiting = [];
    waitingBytes = 0;
    const store = (async () => {
      const payload = await packRows(segment);
      await addSegment(db, {
        jobId: upload.jobId,
        number,
        firstRow,
        rowCount: segment.length,
        payload,
      });
    })()
      .catch((error) => {
        failure ??= error;
      })
      .finally(() => storing.delete(store));
    storing.add(store);
    if (storing.size >= STORES_AT_ONCE) await Promise.race(storing);
    if (failure !== undefined) throw failure;
  };

  for (;;) {
    const next = await batches.next();
    if (next.done) {
      await flush();
      await Promise.all(storing);
      if (failure !== undefined) throw failure;
      const { value: end } = next;
      const found = columns.length > 0 ? columns : null;
      return { rows, end, columns: found, delimiter, digest: hash.digest() };
    }
    for (const row of next.value) {
      waiting.push(row);
      rows++;
      waitingBytes += row.kind === 'row' ? row.raw.length : 0;
      if (waiting.length >= ROWS_PER_SEGMENT || waitingBytes >= BYTES_PER_SEGMENT) await flush();
    }
  }
}
