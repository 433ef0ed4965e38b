import { createHash } from 'node:crypto';
import type { Db } from '../../platform/db/db.ts';
import { MOST_LEVELS } from '../../platform/json/json.ts';
import { type CutEnd, type CutRow, cutRows } from '../../platform/rows/rows.ts';
import type { ExportNames } from '../../records/exports/exports.ts';
import { addSegment } from '../../records/segments/segments.ts';
import { ROWS_PER_SEGMENT } from '../../steps/run-segments/run-segments.ts';
import { packRows } from './segment-codec.ts';
import {
  type FieldMap,
  mappedName,
  type Recognition,
  recognizeColumns,
  recognizeProperties,
  userCsvColumn,
} from './validate-row/validate-row.ts';

// Segments of large rows are shorter, because a segment is held in memory as a whole once.
const BYTES_PER_SEGMENT = 4 * 1024 * 1024;
const MAX_ROW_BYTES = 1024 * 1024;
const MAX_INFLATION_RATIO = 200;
// This many segments are compressed and stored while the next one is cut.
const STORES_AT_ONCE = 2;

export type UploadFormat = 'json' | 'ndjson' | 'csv';

export type StoredUpload = {
  rows: number;
  end: CutEnd;
  /** The columns of a CSV file and their places in rows, or `null` for other formats. */
  columns: FileColumn[] | null;
  /** The delimiter of a CSV file. */
  delimiter: string | undefined;
  /** The export that gave the file its names, or `null` if there is none or a map names the fields. */
  recognized: Recognition | null;
  /** SHA-256 of the bytes as received. */
  digest: Buffer;
};

export type FileColumn = { name: string; path: string[] };

/**
 * Cuts an upload into rows and stores them in segments. Never holds more than a few segments in memory.
 * @param upload.exports the field names of earlier exports, by which their files are recognized
 * @param upload.maxBytes of the received bytes; inflated ones may be twenty times as many
 */
export async function storeUpload(
  db: Db,
  upload: {
    jobId: string;
    source: AsyncIterable<Buffer>;
    format: UploadFormat | undefined;
    maxBytes: number;
    map: FieldMap | undefined;
    exports: ExportNames[];
  },
): Promise<StoredUpload> {
  const exports = upload.map ? [] : upload.exports;
  const properties = recognizeProperties(exports);
  const columns: FileColumn[] = [];
  const table: { header?: { delimiter: string; recognized: Recognition | null } } = {};
  const hash = createHash('sha256');
  async function* hashed() {
    for await (const chunk of upload.source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const batches = cutRows(hashed(), {
    maxRowBytes: MAX_ROW_BYTES,
    maxDepth: MOST_LEVELS,
    maxBytes: upload.maxBytes,
    maxInflatedBytes: upload.maxBytes * 20,
    maxInflationRatio: MAX_INFLATION_RATIO,
    csvColumn(name) {
      const map = upload.map ?? table.header?.recognized?.map;
      const column = userCsvColumn(name, mappedName(name, map));
      columns.push({ name, path: column.path });
      return column;
    },
    csvKeyColumns: ['email', 'user_id'],
    onCsvHeader({ names, delimiter }) {
      table.header = { delimiter, recognized: recognizeColumns(names, exports) };
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
      return {
        rows,
        end: next.value,
        columns: columns.length > 0 ? columns : null,
        delimiter: table.header?.delimiter,
        recognized: table.header ? table.header.recognized : properties.result(),
        digest: hash.digest(),
      };
    }
    for (const row of next.value) {
      waiting.push(row);
      if (!table.header && row.kind === 'row') properties.see(row.raw);
      rows++;
      waitingBytes += row.kind === 'row' ? row.raw.length : 0;
      if (waiting.length >= ROWS_PER_SEGMENT || waitingBytes >= BYTES_PER_SEGMENT) await flush();
    }
  }
}
