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

  test('takes semicolons or tabs if the header has more of them than commas', async () => {
    for (const delimiter of [',', ';', '\t']) {
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
      expect(rows.map((row) => row.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(end.kind).toBe('complete');
    }
  });

  test('in Latin-1 is refused row by row, or at once if the header is affected', async () => {
    const cell = await readRows(Buffer.from('a,b\né,1\nx,2\n', 'latin1'));
    expect(show(cell.rows)).toEqual(['INVALID_ENCODING', '{"a":"x","b":"2"}']);
    const header = await readRows(Buffer.from('prénom,b\nx,1\n', 'latin1'));
    expect(header.end).toMatchObject({ kind: 'broken', code: 'INVALID_ENCODING' });
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
      message: expect.stringMatching(/row 2/),
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

function withoutEmpty(record: unknown): Record<string, string> {
  const entries: [string, string][] = Object.entries(record as Record<string, string>);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}
