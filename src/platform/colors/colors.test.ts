import { expect, test } from 'vitest';
import {
  areDark,
  BLACK,
  contrast,
  hex,
  labelOn,
  READABLE,
  readableOn,
  readableOnAll,
  readColor,
  WHITE,
} from './colors.ts';

/** Colors from all parts of the RGB cube. */
const COLORS = [0, 51, 102, 119, 153, 204, 255].flatMap((red) =>
  [0, 51, 102, 119, 153, 204, 255].flatMap((green) =>
    [0, 51, 102, 119, 153, 204, 255].map((blue) => [red, green, blue] as const),
  ),
);

test('colors are read in all four notations', () => {
  expect(readColor('#0f8')).toEqual([0, 255, 136]);
  expect(readColor('#00ff88')).toEqual([0, 255, 136]);
  expect(hex(readColor('#00000080') ?? BLACK)).toBe('#7f7f7f');
  expect(hex(readColor('#fff0', BLACK) ?? WHITE)).toBe('#000000');
});

test.each([
  'red',
  '#12',
  '#12345',
  '#gggggg',
  'url(x)',
  '',
  null,
  7,
  '#fff;}body{',
])('%s is no color', (text) => {
  expect(readColor(text)).toBeNull();
});

test('black on white has the greatest possible contrast', () => {
  expect(contrast(BLACK, WHITE)).toBeCloseTo(21);
  expect(contrast(WHITE, BLACK)).toBeCloseTo(21);
  expect(contrast([119, 119, 119], WHITE)).toBeCloseTo(4.48, 2);
});

test('text is readable on every color that an operator chooses', () => {
  for (const background of COLORS) {
    expect(contrast(labelOn(background), background)).toBeGreaterThanOrEqual(READABLE);
    for (const wanted of COLORS.slice(0, 60)) {
      expect(contrast(labelOn(background, wanted), background)).toBeGreaterThanOrEqual(READABLE);
      const text = readableOn(background, wanted);
      expect(contrast(text, background), `${wanted} on ${background}`).toBeGreaterThanOrEqual(
        READABLE,
      );
    }
  }
});

test('a readable color stays as it is', () => {
  expect(readableOn(WHITE, [0, 89, 214])).toEqual([0, 89, 214]);
  expect(labelOn([0, 89, 214], [255, 255, 0])).toEqual([255, 255, 0]);
});

test('text is readable on both ends of a gradient, if any color is', () => {
  for (const each of COLORS) {
    for (const other of COLORS.filter((_, index) => index % 7 === 0)) {
      const ends = [each, other];
      const best = Math.max(
        ...[BLACK, WHITE].map((ink) => Math.min(...ends.map((end) => contrast(ink, end)))),
      );
      const text = readableOnAll(ends, [0, 89, 214]);
      for (const end of ends) {
        expect(contrast(text, end), `${ends}`).toBeGreaterThanOrEqual(Math.min(best, READABLE));
      }
    }
  }
});

test('a gradient counts as dark if white is more readable on its harder end', () => {
  expect(areDark([BLACK, [90, 90, 90]])).toBe(true);
  expect(areDark([WHITE, [200, 200, 200]])).toBe(false);
});
