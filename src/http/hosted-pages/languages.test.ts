import { expect, test } from 'vitest';
import { chooseLanguage, fill, readLanguages, textAt } from './languages.ts';

const languages = readLanguages();
const choose = (wishes: string | undefined, accepted: string | undefined) =>
  chooseLanguage(languages, wishes, accepted).tag;

test.each([
  [undefined, undefined, 'en'],
  [undefined, 'de', 'de'],
  [undefined, 'de-CH, en;q=0.9', 'de'],
  [undefined, 'en;q=0.2, de;q=0.3', 'de'],
  [undefined, 'fr, *;q=0.5', 'en'],
  [undefined, 'de;q=0, fr', 'en'],
  [undefined, ';;;,,,q=1', 'en'],
  [undefined, 'de;q=many', 'en'],
  ['de', 'en', 'de'],
  ['fr DE-at', 'en', 'de'],
  ['__proto__ constructor', 'de', 'de'],
])('wishes %o and header %o are answered in %s', (wishes, accepted, tag) => {
  expect(choose(wishes, accepted)).toBe(tag);
});

test('a value is put in as it is, and only where it was asked for', () => {
  expect(fill('{a} {b} {a}', { a: '{b} $& <i>' })).toBe('{b} $& <i> {b} {b} $& <i>');
  expect(fill('{toString}', {})).toBe('{toString}');
});

test('a text that is missing shows its name', () => {
  expect(textAt({ a: { b: 'c' } }, 'a.b')).toBe('c');
  expect(textAt({ a: { b: 'c' } }, 'a.x.y')).toBe('a.x.y');
});
