import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hex } from '../../../platform/colors/colors.ts';
import { DAY, NIGHT } from './theme-css.ts';

test.each([
  ['style.css', DAY],
  ['dark.css', NIGHT],
])('the colors that themes are reckoned on are those of %s', (file, { card, page, link }) => {
  const css = readFileSync(join(import.meta.dirname, 'assets', file), 'utf8');
  const of = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(css)?.[1];
  expect([of('card'), of('page'), of('page-glow'), of('accent')]).toEqual(
    [card, ...page, link].map(hex),
  );
});
