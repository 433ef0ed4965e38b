import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BrokenFile } from './broken-file.ts';

export type InflateLimits = {
  /** Maximum size of the upload as received, in bytes, compressed or not. */
  maxBytes: number;
  /** Maximum number of bytes after inflation, for gzip only. */
  maxInflatedBytes: number;
  /** Maximum ratio of inflated to compressed bytes, checked after RATIO_FREE_BYTES. */
  maxInflationRatio: number;
};

/** Small files may be very repetitive: below this many bytes a ratio means little. */
const RATIO_FREE_BYTES = 10 * 1024 * 1024;
const OUTPUT_CHUNK_BYTES = 128 * 1024;

/**
 * Passes plain bytes through and inflates gzip (RFC 1952, also several members). Throws BrokenFile for an upload that is too large, a
 * decompression bomb, or damaged gzip.
 */
export async function* inflate(
  source: AsyncIterable<Buffer>,
  limits: InflateLimits,
): AsyncGenerator<Buffer, void> {
  const counted = atMost(source, limits.maxBytes);
  const first = await collect(counted, 2);
  const all = prepend(first, counted);
  if (first[0] === 0x1f && first[1] === 0x8b) yield* gunzip(all, limits);
  else yield* all;
}

async function* gunzip(
  source: AsyncIterable<Buffer>,
  limits: InflateLimits,
): AsyncGenerator<Buffer, void> {
  const gunzipper = createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
  // The reader below receives every error: pipeline destroys the gunzipper with it.
  pipeline(Readable.from(source, { objectMode: false }), gunzipper, () => {});
  let inflated = 0;
  try {
    for await (const chunk of gunzipper) {
      inflated += chunk.length;
      if (inflated > limits.maxInflatedBytes) throw bomb(`${limits.maxInflatedBytes} bytes`);
      const ratio = inflated / Math.max(1, gunzipper.bytesWritten);
      if (inflated > RATIO_FREE_BYTES && ratio > limits.maxInflationRatio) {
        throw bomb(`${limits.maxInflationRatio} times the size of the upload`);
      }
      yield chunk;
    }
  } catch (error) {
    throw asBrokenGzip(error);
  }
}

function bomb(limit: string): BrokenFile {
  return new BrokenFile(
    'GZIP_BOMB',
    `The gzip file unpacks to more than ${limit}. Split it into several files.`,
  );
}

function asBrokenGzip(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') {
    return new BrokenFile('TRUNCATED_GZIP', 'The gzip file ends too early. Upload it again.');
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new BrokenFile(
      'INVALID_GZIP',
      'The gzip file is damaged. Compress and upload it again.',
    );
  }
  return error;
}

async function* atMost(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new BrokenFile(
        'FILE_TOO_LARGE',
        `The upload is larger than ${maxBytes} bytes. Split it.`,
      );
    }
    yield chunk;
  }
}

/** Reads chunks until there are at least `bytes` bytes or the source ends. */
export async function collect(source: AsyncIterator<Buffer>, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const next = await source.next();
    if (next.done) break;
    pieces.push(next.value);
    length += next.value.length;
  }
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

/** Yields the given bytes, then the rest of the source. */
export async function* prepend(
  first: Buffer,
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  try {
    if (first.length > 0) yield first;
    yield* rest;
  } finally {
    // If `rest` was never started, it must still release its source.
    await rest.return();
  }
}
