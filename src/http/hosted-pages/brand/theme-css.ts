import { CARD, type Color, DARK_CARD, hex, readColor } from '../../../platform/colors/colors.ts';
import type { BrandSettings } from '../../../records/branding/branding.ts';
import { buttonCss, fontFace, linkColors, part } from './css-pieces.ts';
import { fullThemeCss } from './full-theme-css.ts';

/** Colours that stand above what is chosen for all pages. */
export type ChosenColors = { primary: string | null; pageBackground: string | null };

/**
 * The style sheet that comes after ours: colours, font and background as the operator chose them, moved where a text could
 * not be read otherwise. '' when nothing was chosen.
 * @param theme counts more than the settings
 * @param chosen counts most, each colour by itself
 */
export function themeCss(
  settings: BrandSettings,
  theme: Record<string, unknown> | null,
  chosen: ChosenColors,
): string {
  if (theme !== null) return fullThemeCss(withColors(theme, chosen));
  const primary = readColor(chosen.primary ?? settings.primary);
  return [
    fontFace(settings.fontUrl),
    primary && accents(primary),
    pageBackground(chosen.pageBackground ?? settings.pageBackground),
  ]
    .filter(Boolean)
    .join('\n');
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

function accents(primary: Color): string {
  return [
    `:root{${linkColors(primary, CARD)}}`,
    `@media (prefers-color-scheme:dark){:root{${linkColors(primary, DARK_CARD)}}}`,
    buttonCss(primary),
  ].join('\n');
}

function pageBackground(wanted: unknown): string {
  const background = backgroundOf(wanted);
  // On narrow screens the card is the page.
  return background === null
    ? ''
    : `@media (min-width:30.01rem){html,.page{background:${background}}}`;
}

function backgroundOf(wanted: unknown): string | null {
  const color = readColor(wanted);
  if (color !== null) return hex(color);
  if (typeof wanted !== 'object' || wanted === null) return null;
  const { start, end, angle_deg: angle } = wanted as Record<string, unknown>;
  const [from, to] = [readColor(start), readColor(end)];
  if (from === null || to === null) return null;
  const degrees =
    typeof angle === 'number' && Number.isFinite(angle) ? Math.round(angle) % 360 : 180;
  return `linear-gradient(${degrees}deg,${hex(from)},${hex(to)}) fixed`;
}
