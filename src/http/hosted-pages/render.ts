import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Liquid } from 'liquidjs';
import type { Assets } from './assets.ts';
import { chooseLanguage, fill, type Language, readLanguages, textAt } from './languages.ts';
import { secureHeaders } from './security.ts';

/** The texts of one language, for code that needs a single one. */
export type Speech = {
  lang: string;
  say(path: string, values?: Record<string, string | number>): string;
};

export type Look = {
  /** The application's name and logo, when there is one. */
  appName?: string | null;
  logoUrl?: string | null;
};

/** The part of a request that tells which language is wanted. */
export type Asking = Partial<Pick<FastifyRequest, 'query' | 'headers'>>;

export type Pages = {
  /** The language of this request; `ui_locales` in the query wins over the header. */
  speech(request: Asking, uiLocales?: string): Speech;
  /** A page as HTML. Values are escaped by the templates. */
  render(template: string, speech: Speech, values: Record<string, unknown> & Look): string;
  /** Sends a page with the headers all pages have. */
  send(
    reply: FastifyReply,
    page: {
      template: string;
      speech: Speech;
      status?: number;
      values: Record<string, unknown> & Look;
    },
  ): FastifyReply;
};

export function createPages(assets: Assets): Pages {
  const languages = readLanguages();
  const engine = new Liquid({
    root: join(import.meta.dirname, 'templates'),
    extname: '.liquid',
    cache: true,
    outputEscape: 'escape',
    strictFilters: true,
    ownPropertyOnly: true,
  });
  engine.registerFilter('fill', (text: unknown, ...pairs: unknown[]) =>
    fill(String(text), Object.fromEntries(pairs.filter((pair) => Array.isArray(pair)))),
  );

  const speechOf = (language: Language): Speech => ({
    lang: language.tag,
    say: (path, values = {}) => fill(textAt(language.texts, path), values),
  });
  const render: Pages['render'] = (template, speech, values) =>
    engine.renderFileSync(template, {
      ...values,
      logoUrl: safeImage(values.logoUrl),
      lang: speech.lang,
      t: languages.get(speech.lang)?.texts,
      assets: assets.urls,
    });

  return {
    speech(request, uiLocales) {
      const wishes = uiLocales ?? queryText(request, 'ui_locales');
      return speechOf(chooseLanguage(languages, wishes, request.headers?.['accept-language']));
    },
    render,
    send(reply, { template, speech, status = 200, values }) {
      return secureHeaders(reply)
        .code(status)
        .header('content-language', speech.lang)
        .header('vary', 'accept-language')
        .type('text/html; charset=utf-8')
        .send(render(template, speech, values));
    },
  };
}

/** A single text from the query, at most `limit` characters of it. */
export function queryText(
  request: Pick<Asking, 'query'>,
  name: string,
  limit = 500,
): string | undefined {
  return textOf(request.query, name)?.slice(0, limit);
}

/** A single text from a form; '' when it is missing. */
export function formText(request: FastifyRequest, name: string): string {
  return textOf(request.body, name) ?? '';
}

function textOf(from: unknown, name: string): string | undefined {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return undefined;
  const value: unknown = Reflect.get(from, name);
  return typeof value === 'string' ? value : undefined;
}

function safeImage(url: unknown): string | null {
  return typeof url === 'string' && URL.canParse(url) && new URL(url).protocol === 'https:'
    ? url
    : null;
}
