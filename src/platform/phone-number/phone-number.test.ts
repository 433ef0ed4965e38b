import { expect, test } from 'vitest';
import { canonicalPhoneNumber, phoneNumberFacts, textedPhoneNumber } from './phone-number.ts';

test.each([
  ['+491512345678', '+491512345678'],
  ['+49 151 2345-678', '+491512345678'],
  ['+49 (151) 2345/678', '+491512345678'],
  ['+49 (0)151 2345678', '+491512345678'],
  ['+4901512345678', '+491512345678'],
  ['0049 151 2345678', '+491512345678'],
  ['+49–151–2345678', '+491512345678'],
  ['\u202a+49\u00a0151 2345678\u202c', '+491512345678'],
  ['＋４９１５１２３４５６７８', '+491512345678'],
  ['+٤٩١٥١٢٣٤٥٦٧٨', '+491512345678'],
  ['+44 (0)20 7946 0018', '+442079460018'],
  // A leading zero of the number itself stays.
  ['+39 06 1234 5678', '+390612345678'],
  ['+1 (415) 555-0100', '+14155550100'],
  // No country has this code, but Auth0's API accepts it.
  ['+999 123 456', '+999123456'],
  ['+4930', '+4930'],
])('%j is kept as %s', (typed, canonical) => {
  expect(canonicalPhoneNumber(typed)).toBe(canonical);
  expect(canonicalPhoneNumber(canonical)).toBe(canonical);
});

test.each([
  '',
  '+',
  '0151 2345678',
  '151',
  '+0151 2345678',
  '+49 151 2345678 ext. 5',
  '+49 151 2345678;ext=5',
  'tel:+491512345678',
  'call +49 151 2345678',
  '+49 151 2345678\0',
  '+49 151 2345678\r\n+49 151 2345679',
  '+49+151 2345678',
  '+1-800-FLOWERS',
  '+1234567890123456',
  `+${' '.repeat(100_000)}49`,
])('%j is no number', (typed) => {
  expect(canonicalPhoneNumber(typed)).toBeNull();
});

test('a number that is too short for international calls gets no texts', () => {
  expect(textedPhoneNumber('+49 30')).toBeNull();
  expect(textedPhoneNumber('+4915112')).toBe('+4915112');
});

test.each([
  ['+4915112345678', 'DE', 'usual'],
  ['+442079460018', 'GB', 'usual'],
  ['+14155550100', 'US', 'usual'],
  ['+33899123456', 'FR', 'unusual'],
  ['+447012345678', 'GB', 'unusual'],
  ['+882161234567', null, 'usual'],
  ['+80012345678', null, 'unusual'],
  ['+12425551234', 'BS', 'unassigned'],
  ['+999123456', null, 'unassigned'],
] as const)('%s belongs to %s and is %s', (number, country, kind) => {
  expect(phoneNumberFacts(number)).toEqual({ country, kind });
});
