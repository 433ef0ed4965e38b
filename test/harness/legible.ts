import type { Page } from 'playwright-core';

// Text, because it runs in the page.
const UNREADABLE = `((selector) => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const isOpaque = (color) => color.length === 3 || (color[3] ?? 0) > 0.99;
  const luminance = (color) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
      const share = (color[i] ?? 0) / 255;
      return sum + weight * (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
    }, 0);
  const contrast = (one, other) => {
    const pair = [luminance(one), luminance(other)];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const behind = (start) => {
    const found = [];
    for (let at = start; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      const stops = backgroundImage.includes('gradient')
        ? (backgroundImage.match(/rgba?\\([^)]*\\)/g) ?? []).map(parse)
        : [];
      found.push(...stops.filter(isOpaque));
      if (stops.length > 0 && stops.every(isOpaque)) return found;
      const color = parse(backgroundColor);
      if (isOpaque(color)) return [...found, color];
    }
    return [...found, [255, 255, 255]];
  };
  return [...document.querySelectorAll(selector)].flatMap((element) => {
    const text = parse(getComputedStyle(element).color);
    const ratio = Math.min(...behind(element).map((color) => contrast(text, color)));
    const what = element.tagName + '.' + element.className + ' ' + element.textContent.slice(0, 40);
    return ratio >= 4.5 ? [] : [what + ' ' + ratio.toFixed(2)];
  });
})`;

/**
 * Returns the unreadable texts: those with a contrast to their background below 4.5 (WCAG 2.2, 1.4.3). On a gradient the worst of its colors
 * counts.
 */
export function unreadable(page: Page, selector: string): Promise<string[]> {
  return page.evaluate<string[]>(`${UNREADABLE}(${JSON.stringify(selector)})`);
}

/** How many pixels stick out of the page to the side. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}
