import { expect, test } from 'vitest';
import { contrast, readColor, WHITE } from '../colors/colors.ts';
import { createPictures, initialsOf, initialsPicture } from './avatar.ts';

const ada = { id: 'auth0|ada', email: 'ada@example.test', name: 'Ada Lovelace', picture: null };
const pictureOf = createPictures('own', 'https://id.example.test');

test.each([
  ['Ada Lovelace', 'al'],
  ['Ada King, Countess of Lovelace', 'al'],
  ['ada@example.test', 'ad'],
  ['ada.lovelace@example.test', 'al'],
  ['Élodie', 'él'],
  ['E\u0301lodie Brun', 'éb'],
  ['Жанна Фриске', 'жф'],
  ['李 小龙', '李小'],
  ['İnci', 'İn'],
  ['+4917012345', '49'],
  ["O'Neil", 'on'],
  ['👩‍🚀', 'x'],
  ['"><script>', 'sc'],
  ['', 'x'],
])('the initials of %s are %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
  const address = pictureOf({ ...ada, name });
  const file = decodeURIComponent(new URL(address).pathname.split('/').at(-1) ?? '');
  expect(initialsPicture(file)).toContain('<svg');
});

test('an address contains the initials and a digit, and nothing else of the person', () => {
  expect(pictureOf(ada)).toMatch(/^https:\/\/id\.example\.test\/u\/pictures\/al-\d\.svg$/);
  expect(pictureOf({ ...ada, name: null })).toMatch(/\/ad-\d\.svg$/);
});

test('a person keeps their own picture', () => {
  const picture = 'https://cdn.example.test/ada.png';
  expect(pictureOf({ ...ada, picture })).toBe(picture);
  expect(createPictures('auth0', '')({ ...ada, picture })).toBe(picture);
});

test('the `auth0` pictures come from Gravatar', () => {
  expect(createPictures('auth0', '')(ada)).toMatch(
    /^https:\/\/s\.gravatar\.com\/avatar\/[0-9a-f]{32}\?s=480&r=pg&d=https%3A%2F%2Fcdn\.auth0\.com%2Favatars%2Fad\.png$/,
  );
});

test.each(
  Array.from({ length: 10 }, (_, color) => color),
)('white is readable on color %i', (color) => {
  const fill = /fill="(#\w+)"/.exec(initialsPicture(`al-${color}.svg`) ?? '')?.[1];
  expect(contrast(readColor(fill) ?? WHITE, WHITE)).toBeGreaterThanOrEqual(4.5);
});

test.each([
  'AL-1.svg',
  'al-10.svg',
  'al.svg',
  'ala-1.svg',
  '<a-1.svg',
  'a"-1.svg',
  '-1.svg',
  'al-1.png',
])('no picture has the name %s', (file) => {
  expect(initialsPicture(file)).toBeNull();
});
