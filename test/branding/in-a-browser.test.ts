import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  changeBrandSettings,
  insertTheme,
  writePageTemplate,
} from '../../src/records/branding/branding.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import { launchBrowser } from '../harness/browser.ts';
import { freshDatabase } from '../harness/harness.ts';
import { openWorld, type World } from '../hosted-pages/world.ts';
import { PAGE_TEMPLATE, THEME } from '../tools/configured-tenant.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

const LOOKS: Record<string, (world: World) => Promise<unknown>> = {
  'nothing chosen': async () => {},
  'a light accent': ({ db, clock }) =>
    changeBrandSettings(db, { primary: '#ffe14d', pageBackground: '#222222' }, clock.now()),
  'a dark accent and a gradient': ({ db, clock }) =>
    changeBrandSettings(
      db,
      {
        primary: '#1c1c3a',
        pageBackground: {
          type: 'linear-gradient',
          start: '#fde2e4',
          end: '#bee1e6',
          angle_deg: 35,
        },
      },
      clock.now(),
    ),
  'a theme': ({ db, clock }) => insertTheme(db, 'x'.repeat(32), THEME, clock.now()),
  'a page template': async ({ db, clock }) => {
    await changeBrandSettings(db, { primary: '#a3005c', pageBackground: '#fff4fa' }, clock.now());
    await writePageTemplate(db, PAGE_TEMPLATE, clock.now());
  },
};

/** Runs in the page: the contrast of texts with what is behind them, below 4.5, as sentences. */
const UNREADABLE = `(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
      const share = (color[i] ?? 0) / 255;
      return sum + weight * (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
    }, 0);
  const behind = (start) => {
    for (let at = start; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || (color[3] ?? 0) > 0.99) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('h1,.lead,label,input,a,.primary')].flatMap((element) => {
    const pair = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    return ratio >= 4.5 ? [] : [element.tagName + '.' + element.className + ' ' + ratio.toFixed(2)];
  });
})()`;

for (const [name, choose] of Object.entries(LOOKS)) {
  test(`with ${name} every text can be read, by day and by night, on a phone and a desk`, async () => {
    const world = await openWorld(await freshDatabase());
    const connection = await world.aConnection();
    const client: Client = await world.aClient(connection);
    await choose(world);
    const origin = await world.app.listen({ port: 0, host: '127.0.0.1' });
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [375, 1280]) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
        const complaints: string[] = [];
        page.on('console', (message) => {
          if (message.type() === 'error') complaints.push(message.text());
        });
        await page.goto(`${origin}/u/login?state=${world.beginLogin(client.id)}`);
        expect(await page.evaluate(UNREADABLE), `${colorScheme} ${width}`).toEqual([]);
        const overflow = 'document.documentElement.scrollWidth - innerWidth';
        expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
        expect(complaints).toEqual([]);
        await page.close();
      }
    }
    await world.app.close();
  });
}
