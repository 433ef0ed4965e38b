import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { randomFrom, readRows, show } from '../../../test/fixtures/read-rows.ts';
import type { CsvColumn } from './rows.ts';

const CELLS = ['a', '', 'b c', 'é', '😀', '"', '""', ',', ';', '\n', '\r\n', '\t', 'x"y', '=cmd|1'];

function randomCell(random: () => number): string {
  const parts = Array.from(
    { length: Math.floor(random() * 3) },
    () => CELLS[Math.floor(random() * CELLS.length)],
  );
  return parts.join('');
}

function writeCell(random: () => number, cell: string, delimiter: string): string {
  const mustQuote = /["\n\r]/.test(cell) || cell.includes(delimiter);
  return mustQuote || random() < 0.3 ? `"${cell.replaceAll('"', '""')}"` : cell;
}

describe('CSV', () => {
  test('is read as csv-parse reads the whole file, wherever the chunks end', async () => {
    for (let seed = 1; seed <= 800; seed++) {
      const random = randomFrom(seed);
      const delimiter = [',', ';', '\t'][seed % 3] ?? ',';
      const newline = random() < 0.5 ? '\n' : '\r\n';
      const records = Array.from({ length: 4 }, (_, i) => [
        `${i}`,
        randomCell(random),
        randomCell(random),
      ]);
      const lines = [['id', 'one', 'two'], ...records].map((cells) =>
        cells.map((cell) => writeCell(random, cell, delimiter)).join(delimiter),
      );
      const text = lines.join(newline) + (random() < 0.5 ? newline : '');
      const { rows, end } = await readRows(text, {}, [[1], [2], [5, 1], [1000]][seed % 4]);
      expect(end.kind, `seed ${seed}`).toBe('complete');
      const expected = parse(text, { columns: true, delimiter }).map(withoutEmpty);
      expect(
        show(rows).map((row) => JSON.parse(row)),
        `seed ${seed}: ${text}`,
      ).toEqual(expected);
    }
  });

  test('keeps line breaks, quotes and delimiters inside quoted cells', async () => {
    const { rows } = await readRows('email,name\na@example.com,"Ann ""A"", Smith\nJr."\n');
    expect(JSON.parse(show(rows)[0] ?? '')).toEqual({
      email: 'a@example.com',
      name: 'Ann "A", Smith\nJr.',
    });
  });

  test('takes semicolons, tabs or bars if the header has more of them than commas', async () => {
    for (const delimiter of [',', ';', '\t', '|']) {
      const { rows } = await readRows(`"a, b"${delimiter}c\n1${delimiter}2\n`);
      expect(show(rows)).toEqual(['{"a, b":"1","c":"2"}']);
    }
  });

  test('reports bad records by number and goes on with the next', async () => {
    const file = [
      'a,b',
      '1,2',
      '1',
      '1,2,3',
      '1,2,',
      'x"y,2',
      '"x"y,2',
      `${'x'.repeat(200)},2`,
      '1,\0',
      '"q",3',
    ].join('\n');
    for (const sizes of [[], [1], [16]]) {
      const { rows, end } = await readRows(file, { maxRowBytes: 100 }, sizes);
      expect(show(rows)).toEqual([
        '{"a":"1","b":"2"}',
        'INVALID_CSV',
        'INVALID_CSV',
        '{"a":"1","b":"2"}',
        'INVALID_CSV',
        'INVALID_CSV',
        'ROW_TOO_LARGE',
        'INVALID_CSV',
        '{"a":"q","b":"3"}',
      ]);
      expect(rows.map((row) => row.number)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(end.kind).toBe('complete');
    }
  });

  test('in Windows-1252 is read as such, and the end says so', async () => {
    for (const sizes of [[], [1], [7]]) {
      const bytes = Buffer.from('pr\xe9nom;b\nJos\xe9;\x80 5\nx;2\n', 'latin1');
      const { rows, end } = await readRows(bytes, {}, sizes);
      expect(show(rows)).toEqual(['{"prénom":"José","b":"€ 5"}', '{"prénom":"x","b":"2"}']);
      expect(end).toEqual({ kind: 'complete', encoding: 'windows-1252' });
    }
  });

  test('that begins in UTF-8 refuses later rows that are none, and spoils nothing before', async () => {
    const line = Buffer.from(`é,${'x'.repeat(1000)}\n`);
    const bytes = Buffer.concat([
      Buffer.from('a,b\n'),
      ...Array.from({ length: 100 }, () => line),
      Buffer.from('\xe9,1\n', 'latin1'),
      Buffer.from('ü,2\n'),
    ]);
    const { rows, end } = await readRows(bytes, {}, [1000]);
    expect(show(rows).slice(-2)).toEqual(['INVALID_ENCODING', '{"a":"ü","b":"2"}']);
    expect(JSON.parse(show(rows)[0] ?? '')).toMatchObject({ a: 'é' });
    expect(end).toMatchObject({ kind: 'complete', encoding: 'utf-8' });
  });

  test('whose first byte beyond ASCII comes late is read as Windows-1252 from there', async () => {
    const plain = Array.from({ length: 300 }, (_, i) => `${i},${'x'.repeat(1000)}\n`).join('');
    const bytes = Buffer.from(`a,b\n${plain}M\xfcller,1\n`, 'latin1');
    const { rows, end } = await readRows(bytes, {}, [4096]);
    expect(show(rows).at(-1)).toBe('{"a":"Müller","b":"1"}');
    expect(rows).toHaveLength(301);
    expect(end).toMatchObject({ encoding: 'windows-1252' });
  });

  test('in which UTF-8 and other bytes are mixed, or bytes no encoding has, is refused row by row', async () => {
    const mixed = Buffer.concat([Buffer.from('a\né\n'), Buffer.from('\xe9\n', 'latin1')]);
    expect(show((await readRows(mixed)).rows)).toEqual(['{"a":"é"}', 'INVALID_ENCODING']);
    const unused = Buffer.from('a\nx\n\x81\xe9\n', 'latin1');
    expect(show((await readRows(unused)).rows)).toEqual(['{"a":"x"}', 'INVALID_ENCODING']);
  });

  test('may begin with the delimiter as spreadsheets are told it', async () => {
    for (const first of ['sep=;', 'SEP=;', '"sep=;"']) {
      const { rows } = await readRows(`${first}\r\na,b;c\r\n1;2\r\n`);
      expect(rows).toMatchObject([{ number: 3, raw: Buffer.from('{"a,b":"1","c":"2"}') }]);
    }
  });

  test.each([
    ['a,b\n1;2\n', /this row are separated by semicolons, those of the header by commas/],
    ['a\tb\tc\n1|2|3\n', /this row are separated by bars \(\|\), those of the header by tabs/],
    ['a,b\nx,1\ry,2\rz,3\n', /different line ends, in this row CR only/],
    ['a\r\nx\ry\r\n', /different line ends, in this row CR only/],
  ])('of two joined files is reported: %j', async (file, message) => {
    const { rows } = await readRows(file);
    expect(rows).toMatchObject([{ kind: 'bad-row', message: expect.stringMatching(message) }]);
  });

  test('leaves out rows without any value, and cuts the blanks around values', async () => {
    const { rows } = await readRows('a,b\n,\n , \n  x ," y"\n"",""\n\n  \n');
    expect(show(rows)).toEqual(['{"a":"x","b":"y"}']);
  });

  test('numbers its rows by the line on which they begin', async () => {
    const file = 'a,b\n\n1,"x\ny\r\nz"\n,\n2,y,z\n"3\n",4\n';
    for (const sizes of [[], [1], [3]]) {
      const { rows } = await readRows(file, {}, sizes);
      expect(rows.map((row) => [row.kind, row.number])).toEqual([
        ['row', 3],
        ['bad-row', 7],
        ['row', 8],
      ]);
    }
  });

  test('whose lines end with CR only is refused in words, also with quotes', async () => {
    for (const file of ['a,b\r1,2\r', '"a","b"\r"1","2"\r']) {
      const { end } = await readRows(file);
      expect(end).toMatchObject({ message: expect.stringMatching(/CR only/) });
    }
  });

  test('with a long header of many languages is read, wherever the chunks end', async () => {
    const names = Array.from(
      { length: 60 },
      (_, i) => `${i % 2 ? 'é' : 'x日'}${'ü'.repeat(100)}${i}`,
    );
    const file = `${names.join(',')}\n${names.map((_, i) => i).join(',')}\n`;
    for (const sizes of [[], [4096], [4097], [1]]) {
      const { rows, end } = await readRows(file, {}, sizes);
      expect(end.kind).toBe('complete');
      expect(Object.keys(JSON.parse(show(rows)[0] ?? ''))).toEqual(names);
    }
  });

  test('that ends inside a quoted cell is broken and names the row', async () => {
    const { rows, end } = await readRows('a,b\n1,2\n3,"x\n4,5\n');
    expect(show(rows)).toEqual(['{"a":"1","b":"2"}']);
    expect(end).toMatchObject({
      kind: 'broken',
      code: 'TRUNCATED',
      message: expect.stringMatching(/line 3/),
    });
  });

  test.each([
    ['a,a\n1,2\n', 'INVALID_HEADER'],
    ['a,a.b\n1,2\n', 'INVALID_HEADER'],
    ['a.b,a.b.c\n1,2\n', 'INVALID_HEADER'],
    [`${'a,'.repeat(2000)}b\n`, 'INVALID_HEADER'],
    [`a,${'b'.repeat(300)}\n`, 'INVALID_HEADER'],
    [`a,${'b'.repeat(70_000)}`, 'INVALID_HEADER'],
    ['a,b\rc,d\re,f', 'INVALID_HEADER'],
    ['a,b"c\n1,2\n', 'INVALID_HEADER'],
  ])('with an unusable header is broken (%#)', async (text, code) => {
    const csvColumn = (name: string): CsvColumn => ({ path: name.split('.'), type: 'auto' });
    const { rows, end } = await readRows(text, { csvColumn, maxRowBytes: 65_536 });
    expect(rows).toEqual([]);
    expect(end).toMatchObject({ kind: 'broken', code });
  });

  test('builds nested objects and types from the column mapping', async () => {
    const csvColumn = (name: string): CsvColumn => {
      if (name === 'ok') return { path: ['ok'], type: 'boolean' };
      if (name === 'data') return { path: ['data'], type: 'json' };
      return { path: name.split('.'), type: name.startsWith('m.') ? 'auto' : 'string' };
    };
    const header = 'id\tok\tm.a\tm.b.c\tm.b.d\tdata\n';
    const read = async (line: string) =>
      show((await readRows(header + line, { csvColumn })).rows).map((row) => JSON.parse(row));
    expect(await read('007\tTRUE\t12.5\t007\ttrue\t"{""x"":[1]}"\n')).toEqual([
      { id: '007', ok: true, m: { a: 12.5, b: { c: '007', d: true } }, data: { x: [1] } },
    ]);
    expect(await read('1\tyes\t1e5\t-0\t9007199254740993\t[broken\n')).toEqual([
      {
        id: '1',
        ok: 'yes',
        m: { a: '1e5', b: { c: '-0', d: '9007199254740993' } },
        data: '[broken',
      },
    ]);
    expect(await read('1\t\t\t\t\t\n')).toEqual([{ id: '1' }]);
    expect(await read('=cmd|calc\t\t@SUM(1)\t[1,{}]\t\t\n')).toEqual([
      { id: '=cmd|calc', m: { a: '@SUM(1)', b: { c: [1, {}] } } },
    ]);
  });

  test('a JSON cell counts towards the depth of the row', async () => {
    const csvColumn = (name: string): CsvColumn => ({ path: ['m', name], type: 'auto' });
    const { rows } = await readRows('a\n[[1]]\n[[[1]]]\n', { csvColumn, maxDepth: 4 });
    expect(show(rows)).toEqual(['{"m":{"a":[[1]]}}', 'TOO_DEEP']);
  });

  test('columns named like prototypes are plain names', async () => {
    const csvColumn = (name: string): CsvColumn => ({ path: name.split('.'), type: 'auto' });
    const { rows } = await readRows('constructor.prototype.x,__proto__.polluted\n1,true\n', {
      csvColumn,
    });
    expect(show(rows)).toEqual([
      '{"constructor":{"prototype":{"x":1}},"__proto__":{"polluted":true}}',
    ]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

/** Blanks around values are trimmed. */
function withoutEmpty(record: unknown): Record<string, string> {
  const entries = Object.entries(record as Record<string, string>);
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (value.trim() === '' ? [] : [[key, value.trim()]])),
  );
}

test('apostrophes of a table that no export wrote stay where they are', async () => {
  const { rows } = await readRows("email,name,city\na@example.com,'t Hooft,'s-Gravenhage\n", {
    csvKeyColumns: ['email'],
  });
  expect(JSON.parse(show(rows)[0] ?? '')).toMatchObject({
    name: "'t Hooft",
    city: "'s-Gravenhage",
  });
});
