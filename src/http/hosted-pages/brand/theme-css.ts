import {
  areDark,
  CARD,
  type Color,
  DARK_CARD,
  hex,
  readColor,
} from '../../../platform/colors/colors.ts';
import type { BrandSettings } from '../../../records/branding/branding.ts';
import { buttonCss, fontFace, linkColors, outsideColors, part } from './css-pieces.ts';
import { fullThemeCss, isDarkTheme } from './full-theme-css.ts';

/** Colors that take precedence over those of all pages. */
export type ChosenColors = { primary: string | null; pageBackground: string | null };

/** `both`: follows the reader's system. */
export type Scheme = 'both' | 'light' | 'dark';

/** The default colors of pages, as in style.css and dark.css. */
type Time = { card: Color; page: readonly Color[]; link: Color };
export const DAY: Time = {
  card: CARD,
  page: [
    [245, 243, 238],
    [230, 239, 233],
  ],
  link: [15, 107, 92],
};
export const NIGHT: Time = {
  card: DARK_CARD,
  page: [
    [16, 20, 19],
    [22, 35, 31],
  ],
  link: [111, 211, 187],
};

/**
 * Returns the style sheet with the operator's colors, font and background, which comes after ours. Adjusts colors so that texts stay
 * readable. Returns '' if the operator has set nothing.
 * @param theme takes precedence over the settings
 * @param chosen takes precedence over both, each color by itself
 * @returns `scheme`: the modes it supports. A light operator design stays light in dark mode, and a theme has one mode
 */
export function themeCss(
  settings: BrandSettings,
  theme: Record<string, unknown> | null,
  chosen: ChosenColors,
): { css: string; scheme: Scheme } {
  if (theme !== null) {
    const own = withColors(theme, chosen);
    return { css: fullThemeCss(own), scheme: isDarkTheme(own) ? 'dark' : 'light' };
  }
  const primary = readColor(chosen.primary ?? settings.primary);
  const background = readBackground(chosen.pageBackground ?? settings.pageBackground);
  const scheme = background !== null && !areDark(background.colors) ? 'light' : 'both';
  const colors = (time: Time) => rootCss(time, primary, background);
  const hasColors = primary !== null || background !== null;
  const css = [
    fontFace(settings.fontUrl),
    hasColors && colors(DAY),
    hasColors && scheme === 'both' && `@media (prefers-color-scheme:dark){${colors(NIGHT)}}`,
    primary && buttonCss(primary),
    background && pageBackground(background),
  ];
  return { css: css.filter(Boolean).join('\n'), scheme };
}

/** Applies the chosen colors. The theme's picture must not hide a chosen background. */
function withColors(
  theme: Record<string, unknown>,
  { primary, pageBackground }: ChosenColors,
): Record<string, unknown> {
  const accent = { primary_button: primary, links_focused_components: primary };
  const background = { background_color: pageBackground, background_image_url: null };
  return {
    ...theme,
    ...(primary !== null && { colors: { ...part(theme.colors), ...accent } }),
    ...(pageBackground !== null && {
      page_background: { ...part(theme.page_background), ...background },
    }),
  };
}

function rootCss(time: Time, primary: Color | null, background: Background | null): string {
  const onCard = primary === null ? '' : linkColors(primary, time.card);
  const outside = outsideColors(background?.colors ?? time.page, primary ?? time.link);
  return `:root{${onCard}${outside}}`;
}

type Background = { css: string; colors: readonly Color[] };

function pageBackground({ css }: Background): string {
  // On narrow screens, the card is the page.
  return `html{background:${css}}@media (min-width:30.01rem){.page{background:${css}}}`;
}

function readBackground(wanted: unknown): Background | null {
  const color = readColor(wanted);
  if (color !== null) return { css: hex(color), colors: [color] };
  if (typeof wanted !== 'object' || wanted === null) return null;
  const { start, end, angle_deg: angle } = wanted as Record<string, unknown>;
  const [from, to] = [readColor(start), readColor(end)];
  if (from === null || to === null) return null;
  const degrees =
    typeof angle === 'number' && Number.isFinite(angle) ? Math.round(angle) % 360 : 180;
  const css = `linear-gradient(${degrees}deg,${hex(from)},${hex(to)}) fixed`;
  return { css, colors: [from, to] };
}
