import {
  areDark,
  BLACK,
  buttonColors,
  type Color,
  hex,
  labelOn,
  mix,
  readableOn,
  readableOnAll,
  WHITE,
} from '../../../platform/colors/colors.ts';

/** Returns the CSS of links, outlines and marks on a card of this color. */
export function linkColors(wanted: Color, card: Color): string {
  const link = readableOn(card, wanted);
  const strong = readableOn(card, link, 7);
  const ring = mix(card, link, 0.4);
  return `--accent:${hex(link)};--accent-strong:${hex(strong)};--good:${hex(link)};--ring:${hex(ring)};`;
}

/** Returns the CSS of texts and links outside of the card, in a page template. @param backgrounds both ends of a gradient */
export function outsideColors(backgrounds: readonly Color[], link: Color): string {
  const ink = areDark(backgrounds) ? WHITE : BLACK;
  return `--outside:${hex(ink)};--outside-link:${hex(readableOnAll(backgrounds, link))};`;
}

/**
 * Returns the CSS of the submit button. Its hover color moves away from the label's color, so that the label stays readable.
 * @param wanted the label's color, used if it is readable
 */
export function buttonCss(button: Color, wanted: Color | null = null): string {
  const { background, label, line } = buttonColors(button, wanted);
  const away: Color = labelOn(background) === WHITE ? [0, 0, 0] : WHITE;
  return (
    `.primary{background:${hex(background)};color:${hex(label)};border-color:${hex(line)}}` +
    `.primary:hover{background:${hex(mix(background, away, 0.14))}}`
  );
}

/** Returns the CSS for the operator's font file. */
export function fontFace(url: unknown): string {
  const address = cssUrl(url);
  if (address === null) return '';
  return (
    `@font-face{font-family:"Chosen font";src:${address};font-display:swap}` +
    'html{font-family:"Chosen font",system-ui,sans-serif}'
  );
}

/** Returns an https address as `url("…")`, without characters that could end it. */
export function cssUrl(url: unknown): string | null {
  if (typeof url !== 'string' || !URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  if (protocol !== 'https:') return null;
  return `url("${href.replace(/["'()\\\s<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)}")`;
}

/** A group of a theme's settings. */
export type Part = Record<string, unknown>;

export function part(value: unknown): Part {
  return typeof value === 'object' && value !== null ? (value as Part) : {};
}
