import { expect, test } from 'vitest';
import { fullThemeCss } from '../../src/http/hosted-pages/brand/full-theme-css.ts';
import { THEME } from '../tools/configured-tenant.ts';

// Every setting of a theme changes the look of pages.
const ELSEWHERE = [
  // In the page itself.
  'widget.logo_url',
  // All but one value are refused.
  'colors.captcha_widget_theme',
  'widget.social_buttons_layout',
];

type Theme = Record<string, unknown>;

function leavesOf(part: Theme, path = ''): string[] {
  return Object.entries(part).flatMap(([name, value]) => {
    const here = path === '' ? name : `${path}.${name}`;
    return typeof value === 'object' ? leavesOf(value as Theme, here) : [here];
  });
}

const { displayName: _itsName, ...given } = THEME;
// A pill has no radius of its own.
const theme: Theme = { ...given, borders: { ...given.borders, buttons_style: 'rounded' } };
const leaves = leavesOf(theme).filter((path) => !ELSEWHERE.includes(path));

const OTHERS: Record<string, unknown> = {
  'borders.buttons_style': 'pill',
  'borders.inputs_style': 'sharp',
  'fonts.links_style': 'underlined',
  'page_background.page_layout': 'left',
  'widget.header_text_alignment': 'right',
  'widget.logo_position': 'none',
};

function changed(path: string): Theme {
  const copy = structuredClone(theme);
  const names = path.split('.');
  const last = names.pop() ?? '';
  const part = names.reduce<Theme>((at, name) => at[name] as Theme, copy);
  const before = part[last];
  if (path in OTHERS) part[last] = OTHERS[path];
  else if (typeof before === 'boolean') part[last] = !before;
  else if (typeof before === 'number')
    part[last] = before === 2 ? 3 : before > 100 ? 90 : before + 2;
  else part[last] = last.endsWith('url') ? 'https://example.test/a.woff2' : '#ffcc00';
  return copy;
}

test.each(leaves)('%s changes the style sheet', (path) => {
  expect(fullThemeCss(changed(path))).not.toBe(fullThemeCss(theme));
});

test('the walk covers every documented color and size', () => {
  expect(leaves.length).toBeGreaterThan(45);
});
