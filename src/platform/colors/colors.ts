/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number];

export const BLACK: Color = [0, 0, 0];
export const WHITE: Color = [255, 255, 255];

/** Backgrounds of the hosted pages and mails, in light and dark mode. */
export const CARD: Color = [255, 255, 255];
export const DARK_CARD: Color = [25, 30, 29];

/** Minimum contrast of ordinary text (WCAG 2.2, 1.4.3). */
export const READABLE = 4.5;

/** Parses `#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa`. A transparent color is blended with `behind`. Returns `null` for anything else. */
export function readColor(text: unknown, behind: Color = WHITE): Color | null {
  if (typeof text !== 'string' || !/^#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.test(text))
    return null;
  const short = text.length < 6;
  const digits = [...text.slice(1)].map((digit) => (short ? digit + digit : digit)).join('');
  const at = (index: number) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  const color: Color = [at(0), at(1), at(2)];
  return digits.length === 8 ? mix(behind, color, at(3) / 255) : color;
}

/** Returns the color in CSS notation. */
export function hex(color: Color): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** Mixes two colors. `share` is the part of the second color, 0 to 1. */
export function mix(first: Color, second: Color, share: number): Color {
  const at = (index: 0 | 1 | 2) => first[index] + (second[index] - first[index]) * share;
  return [at(0), at(1), at(2)];
}

/** Returns the contrast ratio of two colors, 1 to 21 (WCAG 2.2). */
export function contrast(color: Color, other: Color): number {
  const [lighter, darker] = [luminance(color), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (lighter + 0.05) / (darker + 0.05);
}

export function isDark(color: Color): boolean {
  return areDark([color]);
}

/** Returns whether white is more readable than black on the hardest background, such as one end of a gradient. */
export function areDark(backgrounds: readonly Color[]): boolean {
  return worstContrast(WHITE, backgrounds) > worstContrast(BLACK, backgrounds);
}

function worstContrast(color: Color, backgrounds: readonly Color[]): number {
  return Math.min(...backgrounds.map((background) => contrast(color, background)));
}

function luminance(color: Color): number {
  const linear = (part: number) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
}

/** Returns the color itself if it is readable on the background, else the nearest readable one towards black or white. */
export function readableOn(background: Color, wanted: Color, ratio = READABLE): Color {
  return readableOnAll([background], wanted, ratio);
}

/**
 * Returns a color that is readable on several backgrounds. If no color is readable on all of them, it returns black or white, whichever is
 * more readable on the hardest background.
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

/** Returns the text color for a colored label: the wanted one if it is readable, else black or white. */
export function labelOn(background: Color, wanted: Color | null = null): Color {
  if (wanted !== null && contrast(wanted, background) >= READABLE) return wanted;
  return isDark(background) ? WHITE : BLACK;
}

function rounded(color: Color): Color {
  return [Math.round(color[0]), Math.round(color[1]), Math.round(color[2])];
}

/** Returns the text color of a button, and a border that is visible even if the card has the button's color. */
export function buttonColors(
  background: Color,
  wanted: Color | null = null,
): Record<'background' | 'label' | 'line', Color> {
  const label = labelOn(background, wanted);
  return { background, label, line: rounded(mix(background, label, 0.25)) };
}
