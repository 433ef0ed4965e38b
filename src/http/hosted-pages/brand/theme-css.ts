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

/** Colors that stand above what is chosen for all pages. */
export type ChosenColors = { primary: string | null; pageBackground: string | null };

/** `both`: as the reader's system is set. */
export type Scheme = 'both' | 'light' | 'dark';

/** What pages are like where nothing was chosen, as style.css and dark.css have it. */
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
 * The style sheet that comes after ours: colors, font and background as the operator chose them, moved where a text could
 * not be read otherwise. '' when nothing was chosen.
 * @param theme counts more than the settings
 * @param chosen counts most, each color by itself
 * @returns `scheme`: which of our colors it goes with. What an operator has made light stays light by night, and a theme is as it is
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

/** A background of their own isn't hidden behind the theme's picture. */
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
  // On narrow screens the card is the page.
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
