import { expect, test } from 'vitest';
import { evaluate, openRunner } from './runner.ts';

const runner = openRunner();

const TEXTS = ['', 'plain', 'ä ß é', '日本語', '😀 smile', '\ud800 half', 'a\0b'];
const ENCODINGS = ['utf8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf16le'] as const;

test.each(ENCODINGS)('Buffer does %s as Node does', async (encoding) => {
  const pairs = TEXTS.map((text) => {
    const encoded = Buffer.from(text).toString(encoding);
    return [encoded, [...Buffer.from(encoded, encoding)]];
  });
  const script = `${JSON.stringify(TEXTS)}.map((text) => {
    const encoded = Buffer.from(text).toString('${encoding}');
    return [encoded, [...Buffer.from(encoded, '${encoding}')]];
  })`;
  expect(await evaluate(runner, script)).toEqual(pairs);
});

test('Buffer joins, compares, searches and reads numbers as Node does', async () => {
  const expression = `[
    Buffer.concat([Buffer.from('ab'), Buffer.from('cd')]).toString(),
    Buffer.from('abc').equals(Buffer.from('abc')), Buffer.compare(Buffer.from('a'), Buffer.from('b')),
    Buffer.from('hello').indexOf('lo'), Buffer.from([1, 2, 3, 4]).readUInt16BE(1),
    Buffer.from([1, 2, 3, 4]).readInt32LE(0), Buffer.alloc(3, 'xy').toString(), Buffer.isBuffer('x'),
    JSON.stringify(Buffer.from('a')), Buffer.byteLength('ü'), Buffer.from('abcd').slice(1, 3).toString(),
  ]`;
  // biome-ignore lint/security/noGlobalEval: The same text must give the same in Node.
  expect(await evaluate(runner, expression)).toEqual(eval(expression));
});

test('invalid UTF-8 is read as TextDecoder reads it', async () => {
  const bytes = [
    0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0x28, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80,
  ];
  const read = await evaluate(
    runner,
    `new TextDecoder().decode(new Uint8Array(${JSON.stringify(bytes)}))`,
  );
  expect(String(read).startsWith('a\ufffd\ufffd(')).toBe(true);
  expect(String(read)).toContain('😀');
});

test('URL and URLSearchParams do as in Node', async () => {
  const expression = `(() => {
    const url = new URL('../b?x=1&y=%20z', 'https://Example.COM:443/a/c');
    url.searchParams.append('q', 'ä +&');
    url.hash = 'end';
    const params = new URLSearchParams({ a: '1', b: 'x y' });
    params.set('a', '2');
    return [url.href, url.host, url.pathname, url.searchParams.get('y'), params.toString(), [...params],
      URL.canParse('nothing'), String(new URLSearchParams('a=1&a=2&b').getAll('a')), JSON.stringify({ url })];
  })()`;
  // biome-ignore lint/security/noGlobalEval: The same text must give the same in Node.
  expect(await evaluate(runner, expression)).toEqual(eval(expression));
});

test('atob, btoa, random values and identifiers are there', async () => {
  expect(
    await evaluate(runner, '[btoa("hello"), atob("aGVsbG8="), crypto.randomUUID().length]'),
  ).toEqual(['aGVsbG8=', 'hello', 36]);
  expect(await evaluate(runner, '[...crypto.getRandomValues(new Uint8Array(8))].length')).toBe(8);
});
