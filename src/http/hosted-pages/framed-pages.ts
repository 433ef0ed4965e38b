import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { FramedPage } from '../../platform/page-policy/page-policy.ts';
import type { SharedPages } from '../seams/seams.ts';
import { type BrandSource, createBrand, fontOrigin, readAssets } from './brand/brand.ts';
import { devicePage } from './login/login.ts';
import { createPages, type Pages, queryText, type Translator } from './page/page.ts';
import type { Page } from './page-values/page-values.ts';

type ErrorPage = Parameters<SharedPages['error']>[0];

/**
 * Creates the pages that other plugins show, and starts to track the look of pages.
 * @returns the pages, and the `brand` that the pages below `/u/` share
 * @param app without any plugin registered yet
 */
export function createSharedPages(
  app: FastifyInstance,
  deps: { db: Db; log: Log },
): SharedPages & { brand: BrandSource } {
  const brand = createBrand(app, deps);
  const pages: Pages = createPages(readAssets(), brand, deps.log);
  const translatorOf = (request: FastifyRequest | undefined): Translator =>
    pages.translator(request ?? {});
  const framed = (html: string): FramedPage => ({ html, font: fontOrigin(brand.now()) });
  const message = (translator: Translator, values: Page<'message'>['values']): FramedPage =>
    framed(pages.render(translator, { template: 'message', values }));
  return {
    brand,
    errorUrl({ error, description, request }) {
      const where = brand.now().tenant.errorPageUrl;
      if (where === null || !/^https?:/i.test(where) || !URL.canParse(where)) return null;
      const url = new URL(where);
      url.searchParams.set('error', error);
      url.searchParams.set('error_description', description);
      const clientId = request && queryText(request, 'client_id', 200);
      if (clientId !== undefined) url.searchParams.set('client_id', clientId);
      return url.href;
    },
    error(page) {
      const translator = translatorOf(page.request);
      const { error: code, requestId } = page;
      return message(translator, { ...wordsOf(page, translator), code, requestId });
    },
    confirmLogout({ action, fields, request }) {
      const translator = translatorOf(request);
      const submit = translator.say('confirmLogout.submit');
      return message(translator, {
        sign: 'ask',
        title: translator.say('confirmLogout.title'),
        lead: translator.say('confirmLogout.lead'),
        form: { action, fields: Object.entries(fields), submit },
      });
    },
    loggedOut({ request } = {}) {
      const translator = translatorOf(request);
      const title = translator.say('loggedOut.title');
      return message(translator, { sign: 'good', title, lead: translator.say('loggedOut.lead') });
    },
    doorstep(request, reply) {
      const translator = pages.translator(request);
      const title = translator.say('doorstep.title');
      const lead = translator.say('doorstep.lead');
      return pages.send(reply, {
        template: 'message',
        translator,
        values: { sign: 'info', title, lead },
      });
    },
    device: (page) => framed(devicePage(pages, translatorOf(page.request), page)),
    frame: (page) =>
      framed(
        pages.render(pages.translator({}, 'en'), {
          template: 'frame',
          values: { ...page, isOurs: true },
        }),
      ),
  };
}

/** Returns a text for the person and one for the developer. */
function wordsOf({ error, description, cause }: ErrorPage, { say }: Translator) {
  if (error === 'server_error' || error === 'temporarily_unavailable') {
    return { sign: 'oops' as const, title: say('error.title'), lead: say('error.lead') };
  }
  if (cause?.kind === 'over') {
    return { sign: 'clock' as const, title: say('error.staleTitle'), lead: say('error.staleLead') };
  }
  const came = cause && 'sent' in cause ? cause : { parameter: null, sent: null };
  return {
    sign: 'oops' as const,
    title: say('error.badTitle'),
    lead: say('error.appLead'),
    developers: {
      text: cause ? say(`error.cause.${cause.kind}`) : description,
      parameter: came.parameter,
      sent: came.sent,
    },
  };
}
