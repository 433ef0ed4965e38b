import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import {
  changeBrandSettings,
  deletePageTemplate,
  deleteTheme,
  insertTheme,
  themes,
  writePageTemplate,
  writePromptPartials,
  writePromptTexts,
} from '../../src/records/branding/branding.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import { changeTenantSettings } from '../../src/records/settings/settings.ts';
import { aVisitor, headlineOf, type Page, textOf } from '../harness/visitor.ts';
import { openStillWorld, type StillWorld } from '../harness/world.ts';
import { PAGE_TEMPLATE, THEME } from '../tools/configured-tenant.ts';

let world: StillWorld;
let connection: Connection;
let client: Client;
const now = () => new Date();
/** A placeholder in the syntax of the API. */
const put = (name: string) => `$\{${name}}`;
const EVERYTHING = {
  primary: null,
  pageBackground: null,
  logoUrl: null,
  faviconUrl: null,
  fontUrl: null,
};

beforeAll(async () => {
  world = await openStillWorld();
  connection = await world.aConnection();
  client = await world.aClient(connection);
});

beforeEach(async () => {
  const { db } = world;
  await changeBrandSettings(db, EVERYTHING, now());
  await deletePageTemplate(db);
  for (const { id } of await themes(db)) await deleteTheme(db, id);
  for (const [prompt, language] of [
    ['login', 'en'],
    ['login', 'de'],
  ] as const) {
    await writePromptTexts(db, { prompt, language, texts: {} }, now());
  }
  await writePromptPartials(db, { prompt: 'login', partials: {} }, now());
  await changeTenantSettings(
    db,
    { friendlyName: null, supportEmail: null, pictureUrl: null, enabledLocales: ['en', 'de'] },
    now(),
  );
});

async function loginPage(headers?: Record<string, string>): Promise<Page> {
  const visitor = aVisitor(world);
  return visitor.get(`/u/login?state=${await world.beginLogin(visitor, client.id)}`, headers);
}
const policyOf = (page: Page) => String(page.headers['content-security-policy']);

async function themeSheet(page: Page): Promise<{ css: string; cache: string } | null> {
  const url = /href="(\/u\/theme\.css\?v=\w+)"/.exec(page.html)?.[1];
  if (url === undefined) return null;
  const answer = await world.app.inject({ method: 'GET', url });
  expect(answer.headers['content-type']).toBe('text/css; charset=utf-8');
  return { css: answer.body, cache: String(answer.headers['cache-control']) };
}

test('a server without branding has no style sheet of its own', async () => {
  const page = await loginPage();
  expect(page.status).toBe(200);
  expect(await themeSheet(page)).toBeNull();
});

test('the next page has new colors, logo, favicon and font', async () => {
  await changeBrandSettings(
    world.db,
    {
      primary: '#1f7a5c',
      pageBackground: '#f0f4f1',
      logoUrl: 'https://cdn.meadow.test/logo.png',
      faviconUrl: 'https://cdn.meadow.test/favicon.ico',
      fontUrl: 'https://cdn.meadow.test/meadow.woff2',
    },
    now(),
  );
  const page = await loginPage();
  const sheet = await themeSheet(page);
  expect(sheet?.css).toContain('.primary{background:#1f7a5c;color:#ffffff');
  expect(sheet?.css).toContain('background:#f0f4f1');
  expect(sheet?.css).toContain('src:url("https://cdn.meadow.test/meadow.woff2")');
  expect(sheet?.cache).toBe('public, max-age=31536000, immutable');
  expect(page.html).toContain('<img class="brand-logo" src="https://cdn.meadow.test/logo.png"');
  expect(page.html).toContain('<link rel="icon" href="https://cdn.meadow.test/favicon.ico">');
  expect(policyOf(page)).toContain('font-src https://cdn.meadow.test');
});

test("the style sheet's address changes with it, and browsers do not keep a stale one", async () => {
  await changeBrandSettings(world.db, { primary: '#1f7a5c' }, now());
  const before = /\/u\/theme\.css\?v=\w+/.exec((await loginPage()).html)?.[0] ?? '';
  await changeBrandSettings(world.db, { primary: '#7a1f5c' }, now());
  expect((await loginPage()).html).not.toContain(before);
  const stale = await world.app.inject({ method: 'GET', url: before });
  expect(stale.headers['cache-control']).toBe('no-cache');
  expect(stale.body).toContain('#7a1f5c');
});

test('a yellow accent gets a dark label on its button and darker links', async () => {
  await changeBrandSettings(world.db, { primary: '#ffe14d' }, now());
  const { css } = (await themeSheet(await loginPage())) ?? { css: '' };
  expect(css).toContain('.primary{background:#ffe14d;color:#000000');
  expect(css).not.toMatch(/^:root\{--accent:#ffe14d/);
});

test.each([
  ['https://x.test/a.woff2");}body{display:none}/*'],
  ['https://x.test/a.woff2\\"\n}'],
  ['https://x.test/</style><script>alert(1)</script>'],
  ['https://x.test/a.woff2?x=\\'],
])('a font address does not end its CSS rule: %j', async (fontUrl) => {
  await changeBrandSettings(world.db, { fontUrl }, now());
  const { css } = (await themeSheet(await loginPage())) ?? { css: '' };
  expect(css.match(/[{}]/g)).toEqual(['{', '}', '{', '}']);
  expect(css.match(/"/g)).toHaveLength(6);
  expect(css).not.toMatch(/[<>\\]/);
});

test('a theme wins over the colors, and its texts are readable', async () => {
  await changeBrandSettings(world.db, { primary: '#ff0000' }, now());
  await insertTheme(
    world.db,
    'x'.repeat(32),
    { ...THEME, colors: { ...THEME.colors, body_text: '#16271f' } },
    now(),
  );
  const { css } = (await themeSheet(await loginPage())) ?? { css: '' };
  expect(css).toContain('--card:#16271f');
  expect(css).toContain('color-scheme:dark');
  expect(css).not.toContain('#ff0000');
  // The texts had been measured against the color of the card.
  expect(css).not.toContain('--ink:#16271f');
});

test('a page template surrounds the form, with its styles allowed by hash and its scripts blocked', async () => {
  await changeBrandSettings(world.db, { pageBackground: '#f0f4f1' }, now());
  await changeTenantSettings(world.db, { friendlyName: 'Meadow & Sons' }, now());
  await writePageTemplate(
    world.db,
    PAGE_TEMPLATE.replace('<footer>', '<script>alert(1)</script><footer>'),
    now(),
  );
  const page = await loginPage();
  expect(page.status).toBe(200);
  expect(page.html).toContain('<footer>Meadow &#38; Sons</footer>');
  expect(page.html).toContain('name="password"');
  expect(page.html.match(/<title>/g)).toHaveLength(1);
  const style = 'body { background: #f0f4f1; }'.replace(/^/, ' ').trim();
  const hash = createHash('sha256').update(/<style>([\s\S]*?)<\/style>/.exec(page.html)?.[1] ?? '');
  expect(page.html).toContain(style);
  expect(policyOf(page)).toContain(`style-src 'self' 'sha256-${hash.digest('base64')}'`);
  expect(policyOf(page)).toContain("script-src 'self';");
  expect(policyOf(page)).not.toMatch(/unsafe|nonce/);
});

test('input does not become markup within a page template', async () => {
  await writePageTemplate(world.db, PAGE_TEMPLATE, now());
  const visitor = aVisitor(world);
  const page = await world.openLogin(visitor, client.id);
  const typed = '"><style>*{}</style><script>alert(1)</script>{{ tenant }}{%- auth0:widget -%}';
  const answer = await visitor.submit(page, { username: typed, password: 'wrong' });
  expect(answer.html).not.toContain('<script>alert');
  expect(answer.html.match(/<style>/g)).toHaveLength(1);
  expect(answer.html.match(/<form/g)).toHaveLength(1);
});

test('the built-in page replaces a page template that fails to render', async () => {
  // The template passed an earlier check that was less strict.
  await writePageTemplate(
    world.db,
    '{% auth0:head %}{% if prompt.name == "login" %}{{ 1 | nothing }}{% endif %}{% auth0:widget %}',
    now(),
  );
  const page = await loginPage();
  expect(page.status).toBe(200);
  expect(page.html).toContain('<div class="page">');
  expect(headlineOf(page)).toBe('Log in');
});

test("the operator's texts replace the built-in ones, in their language only", async () => {
  await changeTenantSettings(world.db, { friendlyName: 'Meadow' }, now());
  const texts = {
    login: {
      title: `Welcome, ${put('clientName')}`,
      description: `To ${put('companyName')} & on to ${put('clientName')}`,
      buttonText: 'Come <in>',
      passwordPlaceholder: 'Pass phrase',
      'wrong-credentials': 'No, sorry.',
      footerText: `Ask for ${put('somethingElse')}`,
    },
  };
  await writePromptTexts(world.db, { prompt: 'login', language: 'en', texts }, now());
  const visitor = aVisitor(world);
  const page = await world.openLogin(visitor, client.id);
  expect(headlineOf(page)).toBe(`Welcome, ${client.name}`);
  expect(page.html).toContain(`<title>Welcome, ${client.name} · ${client.name}</title>`);
  expect(textOf(page)).toContain(`To Meadow & on to ${client.name}`);
  expect(page.html).toContain('Come &lt;in&gt;');
  expect(textOf(page)).toContain('Pass phrase');
  // The template uses a variable that the page lacks, so the built-in page appears.
  expect(textOf(page)).toContain('Don’t have an account?');
  const wrong = await visitor.submit(page, { username: 'a@example.test', password: 'wrong' });
  expect(textOf(wrong)).toContain('No, sorry.');
  expect(headlineOf(await loginPage({ 'accept-language': 'de' }))).toBe('Anmelden');
});

test("the login form contains the operator's HTML, and scripts in it stay blocked", async () => {
  const partials = {
    login: {
      'form-content-end': '<p>Closed on {{ "Sundays" | upcase }}.</p><script>alert(1)</script>',
      'form-footer-start': '{% faulty %}',
    },
    signup: { 'form-content-end': 'elsewhere' },
  };
  await writePromptPartials(world.db, { prompt: 'login', partials }, now());
  const page = await loginPage();
  expect(page.html).toContain('<p>Closed on SUNDAYS.</p>');
  expect(page.html).not.toContain('elsewhere');
  expect(policyOf(page)).toContain("script-src 'self';");
});

test('pages use only the enabled languages', async () => {
  const german = { 'accept-language': 'de' };
  expect(headlineOf(await loginPage(german))).toBe('Anmelden');
  await changeTenantSettings(world.db, { enabledLocales: ['en', 'fr'] }, now());
  expect(headlineOf(await loginPage(german))).toBe('Log in');
  await changeTenantSettings(world.db, { enabledLocales: ['ja', 'de'] }, now());
  expect(headlineOf(await loginPage({ 'accept-language': 'en' }))).toBe('Anmelden');
});

test('a page without a known application shows the operator’s name and support contact', async () => {
  await changeTenantSettings(
    world.db,
    { friendlyName: 'Meadow', supportEmail: 'help@meadow.test' },
    now(),
  );
  const page = await aVisitor(world).get('/u/nowhere');
  expect(page.status).toBe(404);
  expect(textOf(page)).toContain('Meadow');
  expect(page.html).toContain('<a href="mailto:help@meadow.test">');
});
