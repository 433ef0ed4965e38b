import { describe, expect, test } from 'vitest';
import { canonicalEmail, mailboxOf } from './email-address.ts';

describe('one person has one form', () => {
  test.each([
    ['Ada@Example.TEST', 'ada@example.test'],
    ['  ada@example.test\t', 'ada@example.test'],
    [`${' '.repeat(330)}ada@example.test`, 'ada@example.test'],
    ['ada@localhost', 'ada@localhost'],
    ["o'neil+tag=1@example.test", "o'neil+tag=1@example.test"],
    ['zoë@bücher.example', 'zoë@xn--bcher-kva.example'],
    ['zoe\u0308@bu\u0308cher.example', 'zoë@xn--bcher-kva.example'],
    ['zoë@XN--BCHER-KVA.example', 'zoë@xn--bcher-kva.example'],
    ['ZOË@BÜCHER.example', 'zoë@xn--bcher-kva.example'],
    ['ada@straße.example', 'ada@xn--strae-oqa.example'],
    ['ada@ｅｘａｍｐｌｅ.test', 'ada@example.test'],
    ['ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah'],
    // The Turkish letters stay distinct, so that nobody gets into another person's account through them.
    ['m\u0131ke@example.test', 'm\u0131ke@example.test'],
    ['M\u0130KE@example.test', 'mi\u0307ke@example.test'],
    [`${'a'.repeat(64)}@example.test`, `${'a'.repeat(64)}@example.test`],
  ])('%j becomes %j', (typed, canonical) => {
    expect(canonicalEmail(typed)).toBe(canonical);
    expect(canonicalEmail(canonical)).toBe(canonical);
  });

  test('a sender keeps the case of its local part', () => {
    expect(mailboxOf('Zoe\u0308.B@Bücher.Example')).toBe('Zoë.B@xn--bcher-kva.example');
  });
});

describe('an address that cannot receive mail is refused', () => {
  test.each([
    '',
    'ada',
    '@example.test',
    'ada@',
    'ada@@example.test',
    'a@b@example.test',
    'a..b@example.test',
    '.a@example.test',
    'a.@example.test',
    'a,victim@example.test',
    'a;victim@example.test',
    'g:victim@example.test',
    'g:victim@example.test;',
    '"a b"@example.test',
    'a"b@example.test',
    '<ada@example.test>',
    'Ada <ada@example.test>',
    'ada(comment)@example.test',
    'ada\\@example.test',
    'a b@example.test',
    'ada@exa mple.test',
    'ada@example.test\n',
    'ada@example.test\r\nBcc: victim@example.test',
    'ada\0@example.test',
    'ada\u0007@example.test',
    'ada\u200b@example.test',
    'ada\u3164@example.test',
    'ada\ufe0f@example.test',
    'ada@exam\u00adple.test',
    'ada@exam\u200dple.test',
    'ada\ud800@example.test',
    // Characters that look like plain letters.
    'ａda@example.test',
    'ﬁrst@example.test',
    'ada²@example.test',
    'ada＠example.test',
    'ada@example.test.',
    'ada@.example.test',
    'ada@example..test',
    'ada@-example.test',
    'ada@example-.test',
    'ada@exam_ple.test',
    'ada@exam%70le.test',
    'ada@example.test/x',
    'ada@example.test:25',
    'ada@[127.0.0.1]',
    'ada@[IPv6:::1]',
    'ada@127.0.0.1',
    'ada@0x7f.1',
    'ada@example.123',
    'ada@xn--zzzz',
    'ada@xn--i-n3p.example',
    `${'a'.repeat(65)}@example.test`,
    `${'é'.repeat(33)}@example.test`,
    `ada@${'b'.repeat(64)}.test`,
    `ada@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(9)}.test`,
    `ada@${'c.'.repeat(125)}test`,
    'a'.repeat(100_000),
    `${' '.repeat(100_000)}ada@example.test`,
  ])('%j is no address', (typed) => {
    expect(canonicalEmail(typed)).toBeNull();
    expect(mailboxOf(typed)).toBeNull();
  });
});
