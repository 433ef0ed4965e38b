import { expect, test } from 'vitest';
import { LANGUAGES } from '../../../platform/locales/locales.ts';
import {
  chooseLanguage,
  fill,
  offeredLanguages,
  readLanguages,
  textAt,
  voiceOf,
} from './languages.ts';

const languages = readLanguages();

test.each([
  [undefined, undefined, 'en'],
  [undefined, 'de', 'de'],
  [undefined, 'de-CH, en;q=0.9', 'de'],
  [undefined, 'en;q=0.2, de;q=0.3', 'de'],
  [undefined, 'nl, *;q=0.5', 'en'],
  [undefined, 'de;q=0, nl', 'en'],
  [undefined, 'fr-CA', 'fr'],
  [undefined, 'pt', 'pt-BR'],
  [undefined, 'pt-PT, de;q=0.1', 'pt-BR'],
  [undefined, ';;;,,,q=1', 'en'],
  [undefined, 'de;q=many', 'en'],
  ['de', 'en', 'de'],
  ['nl DE-at', 'en', 'de'],
  ['PT-br', 'en', 'pt-BR'],
  ['__proto__ constructor', 'de', 'de'],
])('wishes %o and header %o are answered in %s', (wishes, accepted, tag) => {
  expect(chooseLanguage(['en', 'de', 'fr', 'pt-BR'], wishes, accepted)).toBe(tag);
});

test('the first language that is offered is for everybody else', () => {
  expect(chooseLanguage(['fr', 'en'], undefined, 'nl')).toBe('fr');
});

test('enabled languages are offered where there are texts for them', () => {
  const written = new Set(['nl', 'zh-TW']);
  const enabled = ['fr-CA', 'nl', 'ja', 'zh-CN', 'zh-TW', 'de'];
  expect(offeredLanguages(languages, enabled, written)).toEqual(['fr-CA', 'nl', 'zh-TW', 'de']);
  expect(offeredLanguages(languages, ['ja'], written)).toEqual(['en']);
});

test('a language without texts of ours falls back to custom texts of its own, then to the default language', () => {
  expect(voiceOf(languages, 'fr-CA', ['de', 'fr-CA'])).toMatchObject({
    texts: languages.get('fr'),
    custom: ['fr-CA', 'fr'],
  });
  expect(voiceOf(languages, 'pt-BR', ['de', 'pt-BR'])).toMatchObject({
    texts: languages.get('de'),
    custom: ['pt-BR', 'pt', 'de'],
  });
  expect(voiceOf(languages, 'ja', ['nl', 'ja'])).toMatchObject({
    texts: languages.get('en'),
    custom: ['ja', 'nl', 'en'],
  });
});

test('pages speak every language of mails', () => {
  expect([...languages.keys()].sort()).toEqual([...LANGUAGES].sort());
});

test('a value is put in as it is, and only where it was asked for', () => {
  expect(fill('{a} {b} {a}', { a: '{b} $& <i>' })).toBe('{b} $& <i> {b} {b} $& <i>');
  expect(fill('{toString}', {})).toBe('{toString}');
});

test('a text that is missing shows its name', () => {
  expect(textAt({ a: { b: 'c' } }, 'a.b')).toBe('c');
  expect(textAt({ a: { b: 'c' } }, 'a.x.y')).toBe('a.x.y');
});
