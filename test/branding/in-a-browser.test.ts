import type { Browser, Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import {
  changeBrandSettings,
  deletePageTemplate,
  deleteTheme,
  insertTheme,
  themes,
  writePageTemplate,
} from '../../src/records/branding/branding.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import { launchBrowser } from '../harness/browser.ts';
import { overflow, unreadable } from '../harness/legible.ts';
import { watch } from '../harness/watched-page.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { PAGE_TEMPLATE, THEME } from '../tools/configured-tenant.ts';

const CHOSEN_NOTHING = {
  primary: null,
  pageBackground: null,
  logoUrl: null,
  fontUrl: null,
  faviconUrl: null,
};
const TEXTS = 'h1,.lead,label,input,a,.primary';

let browser: Browser;
let world: StillWorld;
let client: Client;

beforeAll(async () => {
  world = await openStillWorld();
  client = await world.aClient(await world.aConnection());
  browser = await launchBrowser();
});

beforeEach(async () => {
  const { db, clock } = world;
  await changeBrandSettings(db, CHOSEN_NOTHING, clock.now());
  await deletePageTemplate(db);
  for (const { id } of await themes(db)) await deleteTheme(db, id);
});

type Settings = Parameters<typeof changeBrandSettings>[1];
const settings = (chosen: Settings) => changeBrandSettings(world.db, chosen, world.clock.now());
const template = (source: string) => writePageTemplate(world.db, source, world.clock.now());
const theme = (chosen: Record<string, unknown>) =>
  insertTheme(world.db, 'x'.repeat(32), chosen, world.clock.now());

async function openLogin(): Promise<{ page: Page; complaints: string[] }> {
  const complaints: string[] = [];
  const page = await browser.newPage();
  watch(page, complaints);
  await page.goto(`${world.publicUrl}${await world.authorizePath(client.id)}`);
  return { page, complaints };
}

/** By day and by night, on a phone and on a desk. */
async function inAllLights(page: Page, look: (when: string) => Promise<void>): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of [375, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await look(`${colorScheme} ${width}`);
    }
  }
}

const LOOKS: Record<string, () => Promise<unknown>> = {
  'nothing chosen': async () => {},
  'a light accent': () => settings({ primary: '#ffe14d', pageBackground: '#222222' }),
  'a dark accent and a gradient': () =>
    settings({
      primary: '#1c1c3a',
      pageBackground: { type: 'linear-gradient', start: '#fde2e4', end: '#bee1e6', angle_deg: 35 },
    }),
  'a theme': () => theme(THEME),
  'a page template': async () => {
    await settings({ primary: '#a3005c', pageBackground: '#fff4fa' });
    await template(PAGE_TEMPLATE);
  },
};

test.each(
  Object.entries(LOOKS),
)('every text with %s is readable by day and by night, on a phone and a desktop', async (_name, choose) => {
  await choose();
  const { page, complaints } = await openLogin();
  await inAllLights(page, async (when) => {
    expect(await unreadable(page, TEXTS), when).toEqual([]);
    expect(await overflow(page), when).toBeLessThanOrEqual(0);
  });
  expect(complaints).toEqual([]);
  await page.close();
});

const AROUND = `<!DOCTYPE html><html lang="{{ locale }}"><head>{%- auth0:head -%}</head>
<body class="_widget-auto-layout"><h1 class="outside">Meadow</h1>{%- auth0:widget -%}
<footer class="outside">Ask <a class="outside" href="https://meadow.test">us</a></footer></body></html>`;

const gradient = (start: string, end: string) => ({ type: 'linear-gradient', start, end });
const onPage = (background_color: string) => ({
  ...THEME,
  page_background: { ...THEME.page_background, background_color },
});

const BACKGROUNDS: Record<string, () => Promise<unknown>> = {
  'nothing chosen': async () => {},
  'an accent alone': () => settings({ primary: '#ffe14d' }),
  white: () => settings({ pageBackground: '#ffffff' }),
  'a light color': () => settings({ pageBackground: '#fff4fa', primary: '#a3005c' }),
  'a light color and a light accent': () =>
    settings({ pageBackground: '#f0f4f1', primary: '#ffe14d' }),
  grey: () => settings({ pageBackground: '#808080', primary: '#777777' }),
  red: () => settings({ pageBackground: '#d00000', primary: '#d00000' }),
  'a dark color': () => settings({ pageBackground: '#201a3d', primary: '#201a3d' }),
  black: () => settings({ pageBackground: '#000', primary: '#fff' }),
  'a light gradient': () => settings({ pageBackground: gradient('#fde2e4', '#9ad0d8') }),
  'a dark gradient': () => settings({ pageBackground: gradient('#102030', '#602040') }),
  'a dark theme on a light page': () => theme(onPage('#f4f0e8')),
  'a light theme on a dark page': () =>
    theme({
      ...onPage('#0b1712'),
      colors: { ...THEME.colors, widget_background: '#ffffff', input_background: '#ffffff' },
    }),
};

test.each(
  Object.entries(BACKGROUNDS),
)('text outside the card of a page template is readable on %s as well', async (_name, choose) => {
  await choose();
  await template(AROUND);
  const { page, complaints } = await openLogin();
  await inAllLights(page, async (when) => {
    expect(await unreadable(page, `.outside,${TEXTS}`), when).toEqual([]);
  });
  expect(complaints).toEqual([]);
  await page.close();
});

const colorsOf = (page: Page) =>
  page.evaluate<string[]>(
    "['.page', '.card'].map((one) => getComputedStyle(document.querySelector(one)).backgroundColor)",
  );

test('a page that an operator has made light stays light by night, and so does its card', async () => {
  await settings({ pageBackground: '#fff4fa' });
  const { page } = await openLogin();
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await colorsOf(page), colorScheme).toEqual(['rgb(255, 244, 250)', 'rgb(255, 255, 255)']);
  }
  await page.close();
});

test('a page that an operator has made dark has a dark card by night, and a light one by day', async () => {
  await settings({ pageBackground: '#201a3d' });
  const { page } = await openLogin();
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const [colorScheme, card] of [
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(25, 30, 29)'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await colorsOf(page)).toEqual(['rgb(32, 26, 61)', card]);
  }
  await page.close();
});

const LOGO = 'https://cdn.meadow.test/logo.png';
const leftOf = async (page: Page, selector: string) =>
  (await page.locator(selector).boundingBox())?.x;

test('a missing logo leaves the name at its usual place, with a script', async () => {
  await settings({ logoUrl: LOGO });
  const page = await browser.newPage();
  await page.route(LOGO, (route) => route.abort());
  await page.goto(`${world.publicUrl}${await world.authorizePath(client.id)}`);
  await expect.poll(() => page.locator('.brand-logo').count()).toBe(0);
  expect(await leftOf(page, '.brand-name')).toBe(await leftOf(page, 'h1'));
  await page.close();
});

test('a missing logo indents nothing, without a script', async () => {
  await settings({ logoUrl: LOGO });
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.route(LOGO, (route) => route.abort());
  await page.goto(`${world.publicUrl}${await world.authorizePath(client.id)}`);
  expect(await leftOf(page, '.brand-name')).toBe(await leftOf(page, 'h1'));
  await page.close();
});

test('a logo that loads stays visible, even without a size of its own', async () => {
  await settings({ logoUrl: LOGO });
  const page = await browser.newPage();
  const body =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40"/></svg>';
  await page.route(LOGO, (route) => route.fulfill({ contentType: 'image/svg+xml', body }));
  await page.goto(`${world.publicUrl}${await world.authorizePath(client.id)}`);
  expect(
    await page.evaluate("document.querySelector('.brand-logo').decode().then(() => 'shown')"),
  ).toBe('shown');
  expect(await page.locator('.brand-logo').count()).toBe(1);
  await page.close();
});
