import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { directionOf } from '../../../platform/locales/locales.ts';
import type { Log } from '../../../platform/log/log.ts';
import { createPageEngine } from '../../../platform/templates/templates.ts';
import type { TenantSettings } from '../../../records/settings/settings.ts';
import {
  type Assets,
  type BrandSource,
  brandLook,
  fontOrigin,
  templateVariables,
} from '../brand/brand.ts';
import { completeValues, type Page, type PageBranding } from '../page-values/page-values.ts';
import { createCustomTexts, screenOf, withCustomTexts } from './custom-texts.ts';
import {
  chooseLanguage,
  fill,
  offeredLanguages,
  readLanguages,
  type TextPath,
  textAt,
  type Voice,
  voiceOf,
} from './languages.ts';
import { createOperatorHtml } from './operator-html.ts';
import { secureHeaders } from './security.ts';

/** The texts of one language, for code that needs single texts. */
export type Translator = {
  lang: string;
  /** The Auth0 screen whose custom texts apply, if it is not the template's. */
  screen?: string;
  /** Returns the same for a page of another Auth0 screen. */
  of(screen: string): Translator;
  say(path: TextPath, values?: Record<string, string | number>): string;
};

/** The part of a request that gives the language. */
export type Asking = Partial<Pick<FastifyRequest, 'query' | 'headers'>>;

export type Pages = {
  /** Returns the tenant settings that the pages use. */
  tenant(): TenantSettings;
  /**
   * Returns the texts in the language of this request. `ui_locales` in the query takes precedence over the header.
   * @param look the application and organization that texts may name
   */
  translator(request: Asking, uiLocales?: string, look?: PageBranding): Translator;
  /** Renders a page as HTML, without operators' HTML for single places. The templates escape values. */
  render(translator: Translator, page: Page): string;
  /** Sends a page with the headers of all pages. */
  send(
    reply: FastifyReply,
    page: Page & { translator: Translator; status?: number },
  ): Promise<FastifyReply>;
};

/** The places for operators' HTML. */
const NO_PARTIALS = {
  form_content_start: null,
  form_content_end: null,
  form_footer_start: null,
  form_footer_end: null,
  secondary_actions_start: null,
  secondary_actions_end: null,
};

/**
 * @param brand the operator's look
 * @param options.isStrict whether a name without a value is an error, as in tests. Default: it is empty
 */
export function createPages(
  assets: Assets,
  brand: BrandSource,
  log: Log,
  { isStrict = false }: { isStrict?: boolean } = {},
): Pages {
  const languages = readLanguages();
  // A login must not fail because a value is missing: a page with a gap still works. Tests are strict, so no template has such a gap.
  const engine = createPageEngine(join(import.meta.dirname, 'templates'), { isStrict });
  engine.registerFilter('fill', (text: unknown, ...pairs: unknown[]) =>
    fill(String(text), Object.fromEntries(pairs.filter((pair) => Array.isArray(pair)))),
  );
  const custom = createCustomTexts(brand);
  const theirs = createOperatorHtml(brand, log);
  const offered = () =>
    offeredLanguages(languages, brand.now().tenant.enabledLocales, custom.written());
  const speaking = (tag: string): Voice => voiceOf(languages, tag, offered());

  const fillIn = (template: string, values: object): string =>
    engine.renderFileSync(template, values);
  const valuesOf = ({ lang, screen }: Translator, page: Page) => {
    const { template, values } = page;
    const voice = speaking(lang);
    const organization = values.organization ?? null;
    const look = brandLook(brand.now(), assets, organization, values.logoUrl ?? null);
    const appName = values.appName ?? null;
    const app = appName ?? textAt(voice.texts, 'common.theApp');
    const company = companyOf(values);
    return {
      moreStyle: null,
      boundary: null,
      ...completeValues(page),
      title: fill(values.title, { app }),
      ...('lead' in values && { lead: fill(values.lead, { app }) }),
      appName,
      organization,
      logoUrl: look.logo,
      lang,
      dir: directionOf(lang),
      t: withCustomTexts(voice.texts, custom.on(screenOf(template, screen).screen, voice.custom), {
        app,
        company,
      }),
      assets: assets.urls,
      brand: look,
      partials: NO_PARTIALS,
    };
  };
  /** Returns the name of the organization, otherwise the operator's. */
  const companyOf = ({ organization }: PageBranding): string =>
    organization?.title ?? brand.now().tenant.friendlyName ?? '';
  const translatorOf = (voice: Voice, look: PageBranding, screen?: string): Translator => {
    const { tag, texts } = voice;
    return {
      lang: tag,
      ...(screen !== undefined && { screen }),
      of: (another) => translatorOf(voice, look, another),
      say: (path, values = {}) =>
        fill(custom.on(screen, voice.custom).get(path) ?? textAt(texts, path), {
          company: companyOf(look),
          ...(look.appName && { app: look.appName }),
          ...values,
        }),
    };
  };
  /** Renders a page with the operator's HTML. */
  const renderWhole = async (
    translator: Translator,
    page: Page,
  ): Promise<{ html: string; styles?: string[] }> => {
    const { template, values } = page;
    const own = valuesOf(translator, page);
    if (values.isOurs) return { html: fillIn(template, own) };
    const screen = screenOf(template, translator.screen);
    const partials = { ...NO_PARTIALS, ...(await theirs.partials(screen, values)) };
    const all = { ...own, partials };
    if (brand.now().template === null) return { html: fillIn(template, all) };
    const boundary = randomUUID();
    const [head = '', widget = ''] = fillIn(template, { ...all, boundary }).split(boundary);
    const variables = templateVariables(brand.now(), screen, all);
    return (await theirs.within({ head, widget }, variables)) ?? { html: fillIn(template, all) };
  };

  return {
    tenant: () => brand.now().tenant,
    translator(request, uiLocales, look = {}) {
      const wishes = uiLocales ?? queryText(request, 'ui_locales');
      const tag = chooseLanguage(offered(), wishes, request.headers?.['accept-language']);
      return translatorOf(speaking(tag), look);
    },
    render: (translator, page) => fillIn(page.template, valuesOf(translator, page)),
    async send(reply, { translator, status = 200, ...page }) {
      const { html, styles } = await renderWhole(translator, page);
      const connects = page.values.usesPasskeys === true;
      return secureHeaders(reply, { styles, font: fontOrigin(brand.now()), connects })
        .code(status)
        .header('content-language', translator.lang)
        .header('vary', 'accept-language')
        .type('text/html; charset=utf-8')
        .send(html);
    },
  };
}

/** Returns a single text from the query, up to `limit` characters, or `undefined` without one that can be stored. */
export function queryText(
  request: Pick<Asking, 'query'>,
  name: string,
  limit = 500,
): string | undefined {
  const text = textOf(request.query, name);
  // The database cannot hold this character, and no address of ours has it.
  return text?.includes('\0') ? undefined : text?.slice(0, limit).toWellFormed();
}

/** Returns a single text from a form, or '' if it is missing. */
export function formText(request: FastifyRequest, name: string): string {
  return textOf(request.body, name) ?? '';
}

function textOf(from: unknown, name: string): string | undefined {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return undefined;
  const value: unknown = Reflect.get(from, name);
  return typeof value === 'string' ? value : undefined;
}
