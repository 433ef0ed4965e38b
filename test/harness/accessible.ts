import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { overflow } from './legible.ts';

const SERIOUS = ['serious', 'critical'];
const MOST_STOPS = 200;

/**
 * Returns the accessibility faults of a page: what axe-core calls serious or critical by day and by night, what overflows on a phone, and
 * where the focus is invisible or leaves the order of the page. The page stays in its phone layout by day.
 */
export async function barriers(page: Page): Promise<string[]> {
  await page.setViewportSize({ width: 375, height: 800 });
  const found: string[] = [];
  await page.evaluate(axe.source);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // By night only the colors differ.
    found.push(...(await violations(page, colorScheme === 'dark' ? ['color-contrast'] : null)));
  }
  const out = await overflow(page);
  if (out > 0) found.push(`${out} pixels stick out to the side`);
  return [...found, ...(await faultsOfFocus(page))];
}

type Violation = { id: string; impact: string; nodes: { target: string[]; html: string }[] };

async function violations(page: Page, rules: string[] | null): Promise<string[]> {
  const options = {
    resultTypes: ['violations'],
    ...(rules && { runOnly: { type: 'rule', values: rules } }),
  };
  const { violations: all } = await page.evaluate<{ violations: Violation[] }>(
    `axe.run(document, ${JSON.stringify(options)})`,
  );
  return all
    .filter(({ impact }) => SERIOUS.includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

// Text, because it runs in the page.
const STOP = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
  const isSeen = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
  const { width, height } = at.getBoundingClientRect();
  return {
    html: at.outerHTML.slice(0, 120),
    place: [...document.querySelectorAll('*')].indexOf(at),
    // In a frame the focus is inside the frame.
    isSeen: at.tagName === 'IFRAME' || (isSeen && width > 1 && height > 1),
  };
})()`;

type Stop = { html: string; place: number; isSeen: boolean };

async function faultsOfFocus(page: Page): Promise<string[]> {
  const stops: Stop[] = [];
  for (let turn = 0; turn < MOST_STOPS; turn++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate<Stop | null>(STOP);
    if (stop === null || stops.some(({ place }) => place === stop.place)) break;
    stops.push(stop);
  }
  const unseen = stops.filter(({ isSeen }) => !isSeen).map(({ html }) => `focus unseen: ${html}`);
  // If a field has the initial focus, the round begins there and continues at the top.
  const turns = stops.filter(({ place }, index) => place < (stops[index - 1]?.place ?? -1));
  return [...unseen, ...(turns.length > 1 ? turns.map(({ html }) => `out of order: ${html}`) : [])];
}
