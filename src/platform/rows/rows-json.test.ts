import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { randomFrom, readRows, show } from '../../../test/fixtures/read-rows.ts';

const TEXTS = [
  '',
  'a',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  'é',
  '😀',
  '\u2028',
  '\\"]},',
];
const BLANKS = ['', '', ' ', '\n', '\t', '\r\n', '  '];

function pick<T>(random: () => number, from: readonly T[], fallback: T): T {
  return from[Math.floor(random() * from.length)] ?? fallback;
}

function randomText(random: () => number): string {
  return Array.from({ length: Math.floor(random() * 6) }, () => pick(random, TEXTS, '')).join('');
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = random() * (depth > 4 ? 5 : 8);
  if (kind < 1) return null;
  if (kind < 2) return random() < 0.5;
  if (kind < 3) return Math.round((random() - 0.5) * 1e6) / 1000;
  if (kind < 5) return randomText(random);
  const items = Array.from({ length: Math.floor(random() * 4) }, () =>
    randomValue(random, depth + 1),
  );
  if (kind < 6) return items;
  return Object.fromEntries(items.map((item) => [randomText(random), item]));
}

function escapeOtherwise(pair: string): string {
  return pair === '\\"' ? '\\u0022' : pair;
}

/** Returns JSON text with random blanks between elements, and quotes escaped in either of two ways. */
function write(random: () => number, elements: unknown[]): string {
  const blank = () => pick(random, BLANKS, '');
  const texts = elements.map((element) => {
    const json = JSON.stringify(element, null, random() < 0.3 ? 2 : 0);
    return blank() + (random() < 0.3 ? json.replace(/\\./g, escapeOtherwise) : json) + blank();
  });
  return `${blank()}[${elements.length === 0 ? blank() : texts.join(',')}]${blank()}`;
}

describe('a JSON array', () => {
  test('is cut into the same elements as JSON.parse finds, wherever the chunks end', async () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const random = randomFrom(seed);
      const elements = Array.from({ length: Math.floor(random() * 6) }, () =>
        randomValue(random, 0),
      );
      const text = write(random, elements);
      const sizes = [[1], [2], [3, 1], [7], [1 + Math.floor(random() * 40)]][seed % 5] ?? [1];
      const { rows, end } = await readRows(text, {}, sizes);
      expect(end, `seed ${seed}`).toEqual({ kind: 'complete', encoding: 'utf-8' });
      expect(rows.map((row) => row.number)).toEqual(elements.map((_, i) => i + 1));
      expect(
        show(rows).map((json) => JSON.parse(json)),
        `seed ${seed}`,
      ).toEqual(JSON.parse(text));
    }
  });

  test('that is cut off anywhere gives the rows before and is reported as broken', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomFrom(seed);
      const elements = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
        randomValue(random, 1),
      );
      const text = Buffer.from(write(random, elements).trim());
      for (let length = 0; length < text.length; length++) {
        const { rows, end } = await readRows(text.subarray(0, length), { format: 'json' }, [5]);
        expect(end.kind, `seed ${seed} length ${length}`).toBe('broken');
        const found = show(rows).filter((row) => row !== 'INVALID_ENCODING');
        expect(found.map((json) => JSON.parse(json))).toEqual(elements.slice(0, found.length));
      }
    }
  });

  test('never yields elements that differ from JSON.parse after random damage', async () => {
    let stillValid = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const random = randomFrom(seed);
      const elements = Array.from({ length: 3 }, () => randomValue(random, 1));
      const bytes = Buffer.from(write(random, elements));
      bytes[Math.floor(random() * bytes.length)] = pick(
        random,
        [...Buffer.from('"{}[],:\\ a1')],
        32,
      );
      const whole = isUtf8(bytes) ? parse(bytes.toString()) : undefined;
      const { rows, end } = await readRows(bytes, { format: 'json' }, [4]);
      const parsed = show(rows).map(parse);
      const isAccepted = end.kind === 'complete' && parsed.every((row) => row !== undefined);
      expect(isAccepted, `seed ${seed}: ${bytes}`).toBe(Array.isArray(whole));
      if (!isAccepted) continue;
      stillValid++;
      expect(parsed, `seed ${seed}`).toEqual(whole);
    }
    expect(stillValid).toBeGreaterThan(100);
  });
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Cases as in JSONTestSuite: the text, the rows, and the code of the end if it is broken. */
const CASES: [string, string[], string?][] = [
  ['[]', []],
  [' [ ] ', []],
  ['[{}]', ['{}']],
  ['[[]]', ['[]']],
  ['[null,true,false,-1.5e3,"x",{},[1]]', ['null', 'true', 'false', '-1.5e3', '"x"', '{}', '[1]']],
  ['[""]', ['""']],
  ['["\\"","\\\\"]', ['"\\""', '"\\\\"']],
  ['[{"a":"]},{"}]', ['{"a":"]},{"}']],
  ['[1\n,\t2\r\n]', ['1', '2']],
  // The reader of a row checks whether it is JSON.
  ['[01,nul,{"a" 1}]', ['01', 'nul', '{"a" 1}']],
  ['', [], 'EMPTY'],
  [' \n\t ', [], 'EMPTY'],
  ['[', [], 'TRUNCATED'],
  ['[1', [], 'TRUNCATED'],
  ['[{"a":"b', [], 'TRUNCATED'],
  ['[{},', ['{}'], 'TRUNCATED'],
  ['[{}', ['{}'], 'TRUNCATED'],
  ['[,]', [], 'INVALID_JSON'],
  ['[{},]', ['{}'], 'INVALID_JSON'],
  ['[{},,{}]', ['{}'], 'INVALID_JSON'],
  ['[{} {}]', ['{}'], 'INVALID_JSON'],
  ['[1 2]', ['1'], 'INVALID_JSON'],
  ['["a" "b"]', ['"a"'], 'INVALID_JSON'],
  ['[{"a":1]', [], 'INVALID_JSON'],
  ['[{"a":[1}]', [], 'INVALID_JSON'],
  ['[}', [], 'INVALID_JSON'],
  ["[{}, 'a']", ['{}'], 'INVALID_JSON'],
  ['[{}] x', ['{}'], 'TRAILING_DATA'],
  ['[{}][{}]', ['{}'], 'TRAILING_DATA'],
  ['[{}]]', ['{}'], 'TRAILING_DATA'],
];

describe('small JSON files', () => {
  test.each(CASES)('The text %j gives rows %j and end %s', async (text, rows, code) => {
    for (const sizes of [[], [1], [2]]) {
      const read = await readRows(text, {}, sizes);
      expect(show(read.rows)).toEqual(rows);
      expect(read.end).toMatchObject(code ? { kind: 'broken', code } : { kind: 'complete' });
    }
  });

  test('a broken end names the row and the remedy', async () => {
    const { end } = await readRows('[{"a":1},{"b":');
    expect(end).toMatchObject({
      kind: 'broken',
      code: 'TRUNCATED',
      message: 'The file ends in the middle of row 2. Upload the complete file.',
    });
  });
});

describe.each(['json', 'ndjson'] as const)('bad rows of %s', (format) => {
  const file = (...rows: string[]) => (format === 'json' ? `[${rows.join(',')}]` : rows.join('\n'));

  test('a row that is too large is skipped and counted, and cutting goes on', async () => {
    const large = JSON.stringify({ a: 'x'.repeat(500) });
    for (const sizes of [[], [1], [64]]) {
      const { rows, end } = await readRows(
        file('{"a":1}', large, '{"b":2}'),
        { maxRowBytes: 100 },
        sizes,
      );
      expect(show(rows)).toEqual(['{"a":1}', 'ROW_TOO_LARGE', '{"b":2}']);
      expect(rows.map((row) => row.number)).toEqual([1, 2, 3]);
      expect(end.kind).toBe('complete');
    }
  });

  test('a row of exactly the allowed size is taken and one byte more is not', async () => {
    const row = JSON.stringify({ a: 'x'.repeat(92) });
    for (const sizes of [[], [33]]) {
      const fits = await readRows(file(row), { maxRowBytes: row.length }, sizes);
      expect(show(fits.rows)).toEqual([row]);
      const lines = await readRows(file(`${row}\r\n`, row), { maxRowBytes: row.length }, sizes);
      expect(show(lines.rows)).toEqual([row, row]);
      const exceeds = await readRows(file(row), { maxRowBytes: row.length - 1 }, sizes);
      expect(show(exceeds.rows)).toEqual(['ROW_TOO_LARGE']);
    }
  });

  test('a row much longer than its chunks is joined again', async () => {
    const long = JSON.stringify({ a: Array.from({ length: 20_000 }, (_, i) => i) });
    for (const sizes of [[1000], [4096], [5000, 1]]) {
      const { rows } = await readRows(file('{"a":1}', long, long, '{"b":2}'), {}, sizes);
      expect(show(rows)).toEqual(['{"a":1}', long, long, '{"b":2}']);
    }
  });

  test('a row that is nested too deeply is refused and the next one is taken', async () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
    const brackets = JSON.stringify({ a: '[{'.repeat(100) });
    const { rows } = await readRows(
      file(nested(5), nested(6), `${'['.repeat(9)}${']'.repeat(9)}`, brackets),
      {
        maxDepth: 5,
      },
    );
    expect(show(rows)).toEqual([nested(5), 'TOO_DEEP', 'TOO_DEEP', brackets]);
  });

  test('a NUL byte makes its row invalid and no other', async () => {
    const { rows } = await readRows(file('{"a":"x"}', '{"a":"\0"}', '{"a":"é"}'), {}, [4]);
    expect(show(rows)).toEqual(['{"a":"x"}', 'INVALID_JSON', '{"a":"é"}']);
  });

  test('a row in Latin-1 is refused with advice instead of being garbled', async () => {
    const rows = ['{"a":"é"}', '{"a":"LATIN"}', '{"a":1}'];
    const [before = '', after = ''] = file(...rows).split('LATIN');
    const bytes = Buffer.concat([Buffer.from(before), Buffer.of(0xfc), Buffer.from(after)]);
    const read = await readRows(bytes);
    expect(show(read.rows)).toEqual(['{"a":"é"}', 'INVALID_ENCODING', '{"a":1}']);
    expect(read.rows[1]).toMatchObject({
      message: 'The file is not UTF-8; it looks like Latin-1. Save it as UTF-8.',
    });
  });
});

describe('NDJSON', () => {
  test('is cut at line ends, blank lines and CRLF included, wherever the chunks end', async () => {
    for (const sizes of [[], [1], [3]]) {
      const { rows, end } = await readRows(
        '{"a":1}\r\n\n  \n{"b":"é"}\nnot json\n{"c":3}',
        {},
        sizes,
      );
      expect(show(rows)).toEqual(['{"a":1}', '{"b":"é"}', 'not json', '{"c":3}']);
      expect(end.kind).toBe('complete');
    }
  });

  test('whose last line is cut off is broken and names the row', async () => {
    const { rows, end } = await readRows('{"a":1}\n{"b":2}\n{"c":');
    expect(show(rows)).toEqual(['{"a":1}', '{"b":2}']);
    expect(end).toMatchObject({
      kind: 'broken',
      code: 'TRUNCATED',
      message: expect.stringMatching(/line 3/),
    });
  });
});

describe('a single object', () => {
  const wrapped = { users: [{ email: 'a@example.com' }] };

  test.each([
    JSON.stringify(wrapped),
    JSON.stringify({ start: 0, total: 1, ...wrapped }),
    JSON.stringify(wrapped, null, 2),
    '{"users":[]}',
    JSON.stringify({ email: 'a@example.com' }, null, 2),
    `{"users":[${'{"email":"a@example.com"},'.repeat(20_000)}{}]}`,
  ])('around the rows is refused with advice (%#)', async (text) => {
    const { rows, end } = await readRows(text);
    expect(rows).toEqual([]);
    expect(end).toMatchObject({ kind: 'broken', code: 'TOP_LEVEL_OBJECT' });
  });

  test('on one line is a file of one row, also if it holds factors', async () => {
    const row = '{"mfa_factors":[{"totp":{"secret":"ABC"}}],"email":"a@example.com"}';
    for (const text of [row, `${row}\n`, `\n${row}\n\n`]) {
      expect(show((await readRows(text)).rows)).toEqual([row]);
    }
  });
});
