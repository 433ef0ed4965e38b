/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number];

export const BLACK: Color = [0, 0, 0];
export const WHITE: Color = [255, 255, 255];

/** What our own pages and mails write on, by day and by night. */
export const CARD: Color = [255, 255, 255];
export const DARK_CARD: Color = [25, 30, 29];

/** WCAG 2.2, 1.4.3: what ordinary text needs. */
export const READABLE = 4.5;

/** Reads `#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa`; what shines through is `behind`. Null for anything else. */
export function readColor(text: unknown, behind: Color = WHITE): Color | null {
  if (typeof text !== 'string' || !/^#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.test(text))
    return null;
  const short = text.length < 6;
  const digits = [...text.slice(1)].map((digit) => (short ? digit + digit : digit)).join('');
  const at = (index: number) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  const color: Color = [at(0), at(1), at(2)];
  return digits.length === 8 ? mix(behind, color, at(3) / 255) : color;
}

/** As CSS takes it. */
export function hex(color: Color): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** `share` of the second color, 0 to 1. */
export function mix(first: Color, second: Color, share: number): Color {
  const at = (index: 0 | 1 | 2) => first[index] + (second[index] - first[index]) * share;
  return [at(0), at(1), at(2)];
}

/** How well one is read on the other, 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(one: Color, other: Color): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (lighter + 0.05) / (darker + 0.05);
}

export function isDark(color: Color): boolean {
  return areDark([color]);
}

/** Whether white can be read better than black where it is hardest, such as on one end of a gradient. */
export function areDark(backgrounds: readonly Color[]): boolean {
  return worstContrast(WHITE, backgrounds) > worstContrast(BLACK, backgrounds);
}

function worstContrast(color: Color, backgrounds: readonly Color[]): number {
  return Math.min(...backgrounds.map((one) => contrast(color, one)));
}

function luminance(color: Color): number {
  const linear = (part: number) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
}

/** The color itself where it can be read on the background, else the nearest one towards black or white that can. */
export function readableOn(background: Color, wanted: Color, ratio = READABLE): Color {
  return readableOnAll([background], wanted, ratio);
}

/**
 * The same for a text that lies on several backgrounds. From black to white nothing can be read everywhere: then it is the one of both that can
 * be read better where it is hardest.
 */
export function readableOnAll(
  backgrounds: readonly Color[],
  wanted: Color,
  ratio = READABLE,
): Color {
  const end = areDark(backgrounds) ? WHITE : BLACK;
  for (let share = 0; share < 1; share += 0.05) {
    const color = rounded(mix(wanted, end, share));
    if (worstContrast(color, backgrounds) >= ratio) return color;
  }
  return end;
}

/** What is written on a color: the wanted one if it can be read there, else black or white. */
export function labelOn(background: Color, wanted: Color | null = null): Color {
  if (wanted !== null && contrast(wanted, background) >= READABLE) return wanted;
  return isDark(background) ? WHITE : BLACK;
}

function rounded(color: Color): Color {
  return [Math.round(color[0]), Math.round(color[1]), Math.round(color[2])];
}

/** A button of that color: what is written on it, and a line around it that is seen also where the card has its color. */
export function buttonColors(
  background: Color,
  wanted: Color | null = null,
): Record<'background' | 'label' | 'line', Color> {
  const label = labelOn(background, wanted);
  return { background, label, line: rounded(mix(background, label, 0.25)) };
}
