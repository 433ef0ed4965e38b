import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Liquid } from 'liquidjs';
import { expect, test } from 'vitest';
import {
  type BrandSource,
  type OrganizationLook,
  readAssets,
} from '../../src/http/hosted-pages/brand/brand.ts';
import { readLanguages } from '../../src/http/hosted-pages/page/languages.ts';
import { createPages } from '../../src/http/hosted-pages/page/page.ts';
import { completeValues, type Page } from '../../src/http/hosted-pages/page-values/page-values.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { TENANT_DEFAULTS } from '../../src/records/settings/settings.ts';
import { samplePages } from '../hosted-pages/samples/samples.ts';
import { templateReadsItsValues, templateTextsExist } from './template-rules.ts';

const LANGUAGES = readLanguages();
const TEMPLATES = join(import.meta.dirname, '../../src/http/hosted-pages/page/templates');

const organization: OrganizationLook = {
  id: 'org_1',
  name: 'acme',
  title: 'Acme Tulips',
  metadata: {},
  logoUrl: 'https://acme.example.com/logo.svg',
  primary: '#0f6b5c',
  pageBackground: null,
};

/** The look of a tenant with a support address, and every language. */
const brand: BrandSource = {
  now: () => ({
    tenant: {
      ...TENANT_DEFAULTS,
      enabledLocales: [...LANGUAGES.keys()],
      friendlyName: 'Tulip Company',
      supportEmail: 'help@example.com',
    },
    settings: {},
    theme: null,
    template: null,
    texts: [],
    partials: [],
  }),
  refresh: async () => {},
};
const pages = createPages(readAssets(), brand, createLog('silent'), { isStrict: true });

const cases = samplePages.flatMap((page, index) =>
  [null, organization].map((of) => ({
    name: `${page.template} (${index + 1}${of === null ? '' : ', of an organization'})`,
    page: { ...page, values: { ...page.values, organization: of } } as Page,
  })),
);

test.each(cases)('the page $name has all its values and texts in each language', ({ page }) => {
  for (const language of LANGUAGES.keys()) {
    const html = pages.render(pages.translator({}, language), page);
    expect(html).toContain(`<html lang="${language}"`);
    // A value that is no text, or a place in a text that nothing fills.
    expect(html).not.toMatch(/undefined|\[object |>[^<]*\{\w+\}/);
  }
});

const PARTS = join(TEMPLATES, 'parts');
const engine = engineOf({
  root: [TEMPLATES, PARTS],
  layouts: PARTS,
  partials: PARTS,
  extname: '.liquid',
});
const files = readdirSync(TEMPLATES)
  .filter((file) => file.endsWith('.liquid'))
  .map((file) => basename(file, '.liquid'));
/** What only layouts and other templates render. */
const parts = readdirSync(PARTS).map((file) => basename(file, '.liquid'));

function engineOf(from: ConstructorParameters<typeof Liquid>[0]): Liquid {
  const liquid = new Liquid(from);
  liquid.registerFilter('fill', String);
  return liquid;
}

/** What the server gives to every page. Branding decides on other values, and not every page shows it. */
const GIVEN = [
  ...['lang', 'dir', 't', 'assets', 'brand', 'partials', 'boundary', 'moreStyle'],
  ...['isOurs', 'appName', 'logoUrl', 'organization'],
];

test.each([
  ...files,
  ...parts,
])('the template %s names only texts that each language has', (template) => {
  expect(templateTextsExist(engine, template, LANGUAGES)).toEqual([]);
});

test('the template of each page reads its values and nothing else', () => {
  const templates = new Set(samplePages.map(({ template }) => template));
  // The frame is a part that has pages of its own: those of the console, and the start page.
  expect([...templates].toSorted()).toEqual([...files, 'frame'].toSorted());
  const problems = [...templates].flatMap((template) => {
    const samples = samplePages.filter((page) => page.template === template).map(completeValues);
    return templateReadsItsValues(engine, template, samples, GIVEN);
  });
  expect(problems).toEqual([]);
});

test('the rules find a misspelt name and a misspelt text in any branch', () => {
  const planted = engineOf({
    templates: {
      login: '{% if never %}{{ identifer }}{{ t.login.titel }}{% endif %}{% render "part", t: t %}',
      part: '{{ t.common.pasword }}',
    },
  });
  const samples = [{ never: null, identifier: 'jo', rules: [{ code: 'a' }] }];
  expect(templateReadsItsValues(planted, 'login', samples, ['t'])).toEqual([
    'login: reads identifer, which no page has',
    'login: does not read its value identifier',
    'login: does not read its value rules',
  ]);
  const english = new Map([...LANGUAGES].filter(([language]) => language === 'en'));
  expect(templateTextsExist(planted, 'login', english)).toEqual([
    'login: reads t.login.titel, which en lacks',
  ]);
  expect(templateTextsExist(planted, 'part', english)).toEqual([
    'part: reads t.common.pasword, which en lacks',
  ]);
});

test('a page with a missing, a misspelt or a superfluous value does not compile', () => {
  const form = { title: 'Lift the block', action: '/here', csrf: 'csrf-1' };
  const wrong: Page[] = [
    // @ts-expect-error: `email` is missing.
    { template: 'unblock', values: { ...form } },
    // @ts-expect-error: `email` is misspelt.
    { template: 'unblock', values: { ...form, emial: 'jo@example.com' } },
    // @ts-expect-error: a page to lift a block has no code.
    { template: 'unblock', values: { ...form, email: 'jo@example.com', code: '1' } },
    // @ts-expect-error: there is no such template.
    { template: 'unblocked', values: { ...form, email: 'jo@example.com' } },
  ];
  expect(wrong).toHaveLength(4);
});
