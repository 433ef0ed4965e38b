import { isAscii, isUtf8 } from 'node:buffer';
import { BrokenFile } from './broken-file.ts';
import { collect, prepend } from './inflate.ts';

/** A byte that is never valid in UTF-8. It replaces invalid UTF-16 input. */
const NOT_UTF8 = Buffer.of(0xff);

export type Encoding = 'utf-8' | 'utf-16' | 'windows-1252';

/** The encoding of a file. `isSure`: a byte order mark declares it. */
export type FoundEncoding = { encoding: Encoding; isSure: boolean };

/**
 * Converts bytes in UTF-8 (with or without BOM) or UTF-16 (with a BOM, or recognizable by its NULs) to UTF-8 without BOM. Other bytes pass
 * unchanged, and the cutters report them row by row.
 * @param found is called with the encoding before the first bytes arrive
 */
export async function* toUtf8(
  source: AsyncGenerator<Buffer, void>,
  found: FoundEncoding,
): AsyncGenerator<Buffer, void> {
  const first = await collect(source, 4);
  const [a, b, c, d] = first;
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe)) {
    throw new BrokenFile('UNSUPPORTED_ENCODING', 'The file is UTF-32. Save it as UTF-8.');
  }
  if (a === 0xef && b === 0xbb && c === 0xbf) {
    found.isSure = true;
    yield* prepend(first.subarray(3), source);
    return;
  }
  const hasMark = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const isLittle = (a === 0xff && b === 0xfe) || (a && b === 0 && c && d === 0);
  const isBig = (a === 0xfe && b === 0xff) || (a === 0 && b && c === 0 && d);
  if (!isLittle && !isBig) {
    yield* prepend(first, source);
    return;
  }
  found.encoding = 'utf-16';
  found.isSure = true;
  yield* fromUtf16(prepend(hasMark ? first.subarray(2) : first, source), isLittle ? 'le' : 'be');
}

/** Number of bytes, from the first non-ASCII byte, that decide the encoding of a file without a mark. */
const WINDOW_BYTES = 64 * 1024;

/**
 * Reads a file as Windows-1252, the encoding in which spreadsheets write CSV, if it has no mark and is not UTF-8. Bytes before the first
 * non-ASCII byte are the same in both, so they are delivered at once. The next {@link WINDOW_BYTES} decide for the rest of the file: it is
 * Windows-1252 if they contain no UTF-8 character. Otherwise the bytes pass unchanged, and rows that are not UTF-8 are refused one by one.
 */
export async function* fromWindows1252(
  source: AsyncGenerator<Buffer, void>,
  found: FoundEncoding,
): AsyncGenerator<Buffer, void> {
  let seen: Buffer = Buffer.alloc(0);
  for (;;) {
    const next = await source.next();
    if (next.done) break;
    if (seen.length === 0 && isAscii(next.value)) {
      yield next.value;
      continue;
    }
    seen = seen.length === 0 ? next.value : Buffer.concat([seen, next.value]);
    if (seen.length >= WINDOW_BYTES) break;
  }
  if (seen.length === 0) return;
  if (!looksLikeWindows1252(seen)) {
    yield* prepend(seen, source);
    return;
  }
  found.encoding = 'windows-1252';
  for await (const chunk of prepend(seen, source)) yield decodeWindows1252(chunk);
}

/** A character of two or more bytes in UTF-8, which hardly ever occurs in Windows-1252. */
const MULTIBYTE = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/;

function looksLikeWindows1252(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return !isUtf8WithCut(bytes) && !MULTIBYTE.test(text) && !UNUSED.test(text);
}

/** Returns whether the bytes are UTF-8, except for a truncated last character. */
function isUtf8WithCut(bytes: Buffer): boolean {
  for (let cut = 0; cut <= 3; cut++) {
    if (isUtf8(bytes.subarray(0, bytes.length - cut))) {
      const tail = bytes.subarray(bytes.length - cut);
      return cut === 0 || (tail[0] ?? 0) >= 0xc2;
    }
  }
  return false;
}

/** Bytes that Windows-1252 does not use. */
const UNUSED = /[\x81\x8d\x8f\x90\x9d]/;
const decoder = new TextDecoder('windows-1252');

/** Characters that Windows-1252 lacks become a byte that is not UTF-8 either, so their row is refused. */
function decodeWindows1252(bytes: Buffer): Buffer {
  if (isAscii(bytes)) return bytes;
  const text = bytes.toString('latin1');
  if (!UNUSED.test(text)) return Buffer.from(decoder.decode(bytes));
  return Buffer.concat(
    text
      .split(/([\x81\x8d\x8f\x90\x9d])/)
      .map((part) =>
        UNUSED.test(part) ? NOT_UTF8 : Buffer.from(decoder.decode(Buffer.from(part, 'latin1'))),
      ),
  );
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

/** Returns the length of the longest prefix that splits neither a code unit nor a surrogate pair. */
function wholeCharacters(bytes: Buffer, order: 'le' | 'be'): number {
  const even = bytes.length & ~1;
  if (even === 0) return 0;
  const last = order === 'le' ? bytes.readUInt16LE(even - 2) : bytes.readUInt16BE(even - 2);
  return last >= 0xd800 && last <= 0xdbff ? even - 2 : even;
}

/** An unpaired surrogate has no UTF-8 form. Node would silently write U+FFFD. */
function encode(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/\p{Surrogate}/u).map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [NOT_UTF8, part])));
}

/** Describes the likely encoding of bytes that are not UTF-8, and what to do. */
export function describeBadEncoding(bytes: Buffer): string {
  const looksLike = guessEncoding(bytes);
  return `The file is not UTF-8${looksLike ? `; it looks like ${looksLike}` : ''}. Save it as UTF-8.`;
}

function guessEncoding(bytes: Buffer): string | null {
  let windows = false;
  for (const byte of bytes) {
    // Windows-1252 never uses these bytes, so the encoding is another one.
    if (byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d)
      return null;
    if (byte === 0xff) return null;
    if (byte >= 0x80 && byte <= 0x9f) windows = true;
  }
  if (isUtf8(bytes)) return null;
  return windows ? 'Windows-1252' : 'Latin-1';
}
