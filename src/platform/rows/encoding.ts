import { isUtf8 } from 'node:buffer';
import { BrokenFile } from './broken-file.ts';
import { collect, prepend } from './inflate.ts';

/** A byte that is never valid in UTF-8: stands for what UTF-16 input could not say properly. */
const NOT_UTF8 = Buffer.of(0xff);

/**
 * Bytes in UTF-8 (with or without BOM) or UTF-16 (BOM, or recognisable by its NULs) → UTF-8 bytes
 * without BOM. Other bytes pass unchanged: whoever cuts the rows reports them row by row.
 */
export async function* toUtf8(source: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  const first = await collect(source, 4);
  const [a, b, c, d] = first;
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe)) {
    throw new BrokenFile('UNSUPPORTED_ENCODING', 'The file is UTF-32. Save it as UTF-8.');
  }
  if (a === 0xef && b === 0xbb && c === 0xbf) yield* prepend(first.subarray(3), source);
  else if (a === 0xff && b === 0xfe) yield* fromUtf16(prepend(first.subarray(2), source), 'le');
  else if (a === 0xfe && b === 0xff) yield* fromUtf16(prepend(first.subarray(2), source), 'be');
  else if (a && b === 0 && c && d === 0) yield* fromUtf16(prepend(first, source), 'le');
  else if (a === 0 && b && c === 0 && d) yield* fromUtf16(prepend(first, source), 'be');
  else yield* prepend(first, source);
}

async function* fromUtf16(
  source: AsyncIterable<Buffer>,
  order: 'le' | 'be',
): AsyncGenerator<Buffer, void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = wholeCharacters(bytes, order);
    rest = Buffer.from(bytes.subarray(whole));
    const units = bytes.subarray(0, whole);
    if (order === 'be') units.swap16();
    if (whole > 0) yield encode(units.toString('utf16le'));
  }
  if (rest.length > 0) yield NOT_UTF8;
}

/** Length of the longest prefix that splits neither a code unit nor a surrogate pair. */
function wholeCharacters(bytes: Buffer, order: 'le' | 'be'): number {
  const even = bytes.length & ~1;
  if (even === 0) return 0;
  const last = order === 'le' ? bytes.readUInt16LE(even - 2) : bytes.readUInt16BE(even - 2);
  return last >= 0xd800 && last <= 0xdbff ? even - 2 : even;
}

/** Half a surrogate pair has no UTF-8 form; Node would quietly write U+FFFD instead. */
function encode(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/\p{Surrogate}/u).map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [NOT_UTF8, part])));
}

/** Says what bytes that are not UTF-8 look like and what to do about it. */
export function describeBadEncoding(bytes: Buffer): string {
  const looksLike = guessEncoding(bytes);
  return `The file is not UTF-8${looksLike ? `; it looks like ${looksLike}` : ''}. Save it as UTF-8.`;
}

function guessEncoding(bytes: Buffer): string | null {
  let windows = false;
  for (const byte of bytes) {
    // Never used by Windows-1252, so the bytes are something else altogether.
    if (byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d)
      return null;
    if (byte === 0xff) return null;
    if (byte >= 0x80 && byte <= 0x9f) windows = true;
  }
  if (isUtf8(bytes)) return null;
  return windows ? 'Windows-1252' : 'Latin-1';
}
