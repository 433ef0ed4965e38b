import { promisify } from 'node:util';
import { constants, gzip, zstdCompress, zstdDecompress } from 'node:zlib';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const compressForAll = promisify(gzip);
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Compresses bytes off the event loop. */
export function pack(bytes: Buffer): Promise<Buffer> {
  return compress(bytes, FAST);
}

/** Reverses {@link pack}. */
export function unpack(packed: Buffer): Promise<Buffer> {
  return decompress(packed);
}

/** Compresses JSON off the event loop. */
export function packJson(value: unknown): Promise<Buffer> {
  return pack(Buffer.from(JSON.stringify(value)));
}

/** Reverses {@link packJson}. For trusted input only: the type of the result is not checked. */
export async function unpackJson<T>(packed: Buffer): Promise<T> {
  return JSON.parse((await unpack(packed)).toString('utf8'));
}

/** Compresses text into a gzip member. Concatenated members are a valid gzip file (RFC 1952, 2.2). */
export function packForDownload(text: string): Promise<Buffer> {
  return compressForAll(text);
}

/** Returns whether PostgreSQL can store the value as jsonb: it has no NUL and no unpaired surrogate. */
export function isStorableJson(value: unknown): boolean {
  return !/\\u(?:0000|d[89a-f][0-9a-f]{2})/i.test(JSON.stringify(value) ?? '');
}
