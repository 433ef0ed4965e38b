import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { overflow } from './legible.ts';

const SERIOUS = ['serious', 'critical'];
const MOST_STOPS = 200;

/**
 * What keeps people out of a page, as sentences: what axe-core calls serious or critical by day and by night, what sticks out of a phone, and
 * where the keys stop without being seen or out of the order of the page. It is left as a phone shows it, by day.
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

// As text: it runs in the page.
const STOP = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
  const isSeen = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
  const { width, height } = at.getBoundingClientRect();
  return {
    html: at.outerHTML.slice(0, 120),
    place: [...document.querySelectorAll('*')].indexOf(at),
    // In a frame the keys are at what the frame shows.
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
  // Where a field has the focus at first, the round begins there and goes on at the top.
  const turns = stops.filter(({ place }, index) => place < (stops[index - 1]?.place ?? -1));
  return [...unseen, ...(turns.length > 1 ? turns.map(({ html }) => `out of order: ${html}`) : [])];
}
