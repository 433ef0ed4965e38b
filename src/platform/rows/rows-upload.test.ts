import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { chunks, ROOMY, readRows, show } from '../../../test/fixtures/read-rows.ts';
import { cutRows } from './rows.ts';

const FILE = '[{"name":"Zoë 😀"},{"name":"\u0416"}]';
const ROWS = ['{"name":"Zoë 😀"}', '{"name":"\u0416"}'];

function bigEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

describe('encodings', () => {
  test.each([
    ['UTF-8 with BOM', Buffer.from(`\ufeff${FILE}`)],
    ['UTF-16LE with BOM', Buffer.from(`\ufeff${FILE}`, 'utf16le')],
    ['UTF-16BE with BOM', bigEndian(`\ufeff${FILE}`)],
    ['UTF-16LE without BOM', Buffer.from(FILE, 'utf16le')],
    ['UTF-16BE without BOM', bigEndian(FILE)],
    ['UTF-16LE, gzipped', gzipSync(Buffer.from(`\ufeff${FILE}`, 'utf16le'))],
  ])('%s is understood, wherever the chunks end', async (_, bytes) => {
    for (const sizes of [[], [1], [3], [5, 2]]) {
      const { rows, end } = await readRows(bytes, {}, sizes);
      expect(show(rows)).toEqual(ROWS);
      expect(end.kind).toBe('complete');
    }
  });

  test('half a surrogate pair in UTF-16 makes its row bad instead of being replaced', async () => {
    const bytes = Buffer.from('\ufeff[{"a":"x\ud83dy"},{"a":"\ude00"},{"a":1}]', 'utf16le');
    for (const sizes of [[], [1], [3]]) {
      const { rows } = await readRows(bytes, {}, sizes);
      expect(show(rows)).toEqual(['INVALID_ENCODING', 'INVALID_ENCODING', '{"a":1}']);
    }
  });

  test('UTF-32 is refused by name', async () => {
    const { end } = await readRows(Buffer.from('fffe00005b000000', 'hex'));
    expect(end).toMatchObject({ kind: 'broken', code: 'UNSUPPORTED_ENCODING' });
  });

  test('Windows-1252 is distinguished from Latin-1', async () => {
    const { rows } = await readRows(Buffer.from('[{"a":"\x80"}]', 'latin1'));
    expect(rows[0]).toMatchObject({
      code: 'INVALID_ENCODING',
      message: expect.stringMatching(/looks like Windows-1252/),
    });
  });
});

describe('gzip', () => {
  test('in several members is one file', async () => {
    const bytes = Buffer.concat([gzipSync(FILE.slice(0, 9)), gzipSync(FILE.slice(9))]);
    for (const sizes of [[], [1]])
      expect(show((await readRows(bytes, {}, sizes)).rows)).toEqual(ROWS);
  });

  test('that ends early gives the rows that came out and is broken', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `{"n":${i},"x":"${Math.sqrt(i)}"}`);
    const bytes = gzipSync(`[${rows.join(',')}]`);
    const read = await readRows(bytes.subarray(0, bytes.length - 1000), {}, [10_000]);
    expect(read.end).toMatchObject({ kind: 'broken', code: 'TRUNCATED_GZIP' });
    expect(read.rows.length).toBeGreaterThan(10_000);
    expect(show(read.rows)).toEqual(rows.slice(0, read.rows.length));
  });

  test('that is damaged is broken', async () => {
    const bytes = gzipSync(FILE);
    bytes.fill(0xff, 12, 20);
    expect((await readRows(bytes)).end).toMatchObject({ kind: 'broken', code: 'INVALID_GZIP' });
    const trailing = Buffer.concat([gzipSync(FILE), Buffer.from('garbage')]);
    expect((await readRows(trailing)).end).toMatchObject({ kind: 'broken', code: 'INVALID_GZIP' });
  });

  test('is stopped by its ratio and by its size', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024, ' '));
    expect((await readRows(bomb)).end).toMatchObject({ kind: 'broken', code: 'GZIP_BOMB' });
    const unbounded = await readRows(bomb, { maxInflationRatio: 5000 });
    expect(unbounded.end).toMatchObject({ kind: 'broken', code: 'EMPTY' });
    const small = await readRows(gzipSync(FILE), { maxInflatedBytes: 20 });
    expect(small.end).toMatchObject({ kind: 'broken', code: 'GZIP_BOMB' });
  });
});

describe('an upload', () => {
  test('that is too large is broken after the rows that fitted', async () => {
    const { rows, end } = await readRows(
      '{"a":1}\n{"b":2}\n{"c":3}\n'.repeat(1000),
      { maxBytes: 10_000 },
      [1000],
    );
    expect(end).toMatchObject({ kind: 'broken', code: 'FILE_TOO_LARGE' });
    expect(rows.length).toBeGreaterThan(1000);
  });

  test.each([
    ['a zip file', Buffer.from('PK\x03\x04\x14\x00')],
    ['a PDF', Buffer.from('%PDF-1.7\n')],
    ['HTML', Buffer.from('<html>')],
    ['numbers', Buffer.from('123\n')],
    ['binary data', Buffer.from('ELF\x00\x01\x02')],
  ])('that is %s is refused as unknown', async (_, bytes) => {
    expect((await readRows(bytes)).end).toMatchObject({ kind: 'broken', code: 'UNKNOWN_FORMAT' });
  });

  test.each([
    ['PK\x03\x04\x14\x00', 'a zip or Excel file. Save the sheet as "CSV UTF-8"'],
    ['\xd0\xcf\x11\xe0\xa1\xb1', 'an older Excel file. Save the sheet as "CSV UTF-8"'],
    ['%PDF-1.7\n', 'a PDF document'],
    ['\n <!DOCTYPE html>\n<html>', 'a web page'],
    ['<?xml version="1.0"?>', 'XML'],
    ['\x7fELF\x02', 'a binary file'],
    ['GIF89a\x01\x02', 'a binary file'],
  ])('that begins with %j is reported as %s', async (text, kind) => {
    expect((await readRows(Buffer.from(text, 'latin1'))).end).toMatchObject({
      message: expect.stringContaining(`It looks like ${kind}`),
    });
  });

  test('that is compressed, but not with gzip, is reported as such', async () => {
    for (const text of ['BZh91AY', '\xfd7zXZ\0', '7z\xbc\xaf', '\x28\xb5\x2f\xfd']) {
      expect((await readRows(Buffer.from(text, 'latin1'))).end).toMatchObject({
        message: expect.stringContaining('compressed, but not with gzip'),
      });
    }
  });

  test('of a named format is not guessed at', async () => {
    expect(show((await readRows('[1]\n[2]\n', { format: 'ndjson' })).rows)).toEqual(['[1]', '[2]']);
    expect((await readRows('{"a":1}', { format: 'json' })).end).toMatchObject({
      code: 'NOT_AN_ARRAY',
    });
    expect(show((await readRows('1\n2\n', { format: 'csv' })).rows)).toEqual(['{"1":"2"}']);
  });

  test('whose source fails passes the failure on', async () => {
    for (const first of [Buffer.from('[{"a":1},'), gzipSync('[{"a":1},')]) {
      const source = (async function* () {
        yield first;
        throw new Error('connection lost');
      })();
      await expect(readRows(source)).rejects.toThrow('connection lost');
    }
  });

  test.each([
    ['long', Buffer.from(`[${'1,'.repeat(100_000)}1]`), [500]],
    ['only begun', Buffer.from(`[${'1,'.repeat(100_000)}1]`), [5000]],
    ['gzipped', gzipSync(`[${'1,'.repeat(500_000)}1]`), [500]],
  ])('that is %s releases its source when the reader stops early', async (_, bytes, sizes) => {
    let released = false;
    const source = (async function* () {
      try {
        yield* chunks(bytes, sizes);
      } finally {
        released = true;
      }
    })();
    for await (const rows of cutRows(source, ROOMY)) {
      expect(rows.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => released).toBe(true);
  });
});
