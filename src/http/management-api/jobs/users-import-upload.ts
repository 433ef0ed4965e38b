import type { FastifyRequest } from 'fastify';
import { readMap, storeFile } from '../../../flows/import-users/import-users.ts';
import type { Db } from '../../../platform/db/db.ts';
import { badRequest } from '../route/route.ts';

const MAX_FIELD_BYTES = 256 * 1024;
const MAX_FIELDS = 30;

export type UploadLimits = { importMaxBytes: number };

/** The parts of a users-imports request: the file, already stored as rows, and the text fields. */
export type Upload = {
  fields: Map<string, string>;
  file: Awaited<ReturnType<typeof storeFile>> | null;
};

const FORMATS: Record<string, 'json' | 'ndjson' | 'csv'> = {
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
};

/**
 * Reads multipart/form-data while it arrives. `users` is stored at once, because the fields that control the import can come
 * after it. A text part named `users` is accepted too (spec §10.7).
 */
export async function readUpload(
  deps: { db: Db } & UploadLimits,
  request: FastifyRequest,
  jobId: string,
): Promise<Upload> {
  const fields = new Map<string, string>();
  let file: Upload['file'] = null;
  const store = async (source: AsyncIterable<Buffer>) => {
    if (file !== null) throw badRequest("Send only one 'users' file per request.");
    file = await storeFile(deps, {
      jobId,
      source,
      format: FORMATS[fields.get('format') ?? ''],
      maxBytes: deps.importMaxBytes,
      map: fields.has('map') ? readMap(mapOf(fields.get('map') ?? '')) : undefined,
    });
  };
  try {
    // The request has ended already. Without this check, the parser would wait for its end forever.
    if (request.raw.destroyed) throw invalid();
    for await (const part of request.parts({
      limits: {
        fileSize: Number.MAX_SAFE_INTEGER,
        fieldSize: MAX_FIELD_BYTES,
        fields: MAX_FIELDS,
        files: 2,
      },
    })) {
      if (part.type === 'file') {
        if (part.fieldname === 'users') await store(part.file);
        else part.file.resume();
      } else if (part.fieldname === 'users') {
        if (part.valueTruncated) {
          throw badRequest("The text part 'users' is too long. Send 'users' as a file part.");
        }
        await store(onceOf(Buffer.from(String(part.value))));
      } else if (part.fieldname === 'map') {
        if (file !== null) throw badRequest("Send 'map' before the file.");
        const before = fields.get('map');
        fields.set('map', `${before === undefined ? '' : `${before}\n`}${part.value}`);
      } else {
        fields.set(part.fieldname, String(part.value));
      }
    }
  } catch (error) {
    throw isMultipartError(error) ? invalid() : error;
  }
  return { fields, file };
}

/**
 * Reads `{"Column": "field"}`, or a line `Column=field` for each column.
 * @throws ApiError 400
 */
function mapOf(text: string): [string, string][] {
  const wrong = () =>
    badRequest('The map must be lines such as Column=field, or JSON such as {"Column": "field"}.');
  if (!text.trimStart().startsWith('{')) {
    const pairs = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    return pairs.map((line) => {
      const at = line.lastIndexOf('=');
      if (at < 1) throw wrong();
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
  }
  let map: unknown;
  try {
    map = JSON.parse(text);
  } catch {
    throw wrong();
  }
  return Object.entries(map as object).map(([column, field]) => {
    if (typeof field !== 'string') throw wrong();
    return [column, field];
  });
}

function invalid(): Error {
  return badRequest("Payload validation error: 'Invalid multipart payload format'.");
}

async function* onceOf(chunk: Buffer) {
  yield chunk;
}

function isMultipartError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    code.startsWith('FST_') ||
    code.startsWith('FST_MP') ||
    /multipart|unexpected end of (form|file)|part terminated|malformed/i.test(error.message)
  );
}
