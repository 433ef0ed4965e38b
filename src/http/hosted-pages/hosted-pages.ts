import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { SharedPages } from '../seams/seams.ts';
import { type BrandSource, createBrand, readAssets } from './brand/brand.ts';
import { createProofs } from './browser/browser.ts';
import type { HostedPagesDeps, PageDeps } from './deps.ts';
import { registerDonePages, registerErrorPages, showUntrusted } from './errors/errors.ts';
import {
  registerForgotPages,
  registerInvitationPages,
  registerNewLink,
  registerOrganizationInvitationPages,
  registerResetPages,
  registerVerificationPages,
} from './links/links.ts';
import {
  devicePage,
  registerLoginPages,
  registerOrganizationPages,
  registerPasswordlessPages,
  registerSignUpPages,
  registerUnblockPages,
} from './login/login.ts';
import {
  registerMfaChallengePages,
  registerMfaEnrollPages,
  registerMfaSessionPage,
} from './mfa/mfa.ts';
import {
  createCsrf,
  createPages,
  type Pages,
  queryText,
  registerPictures,
  type Speech,
} from './page/page.ts';

export type { HostedPagesDeps } from './deps.ts';

/**
 * The pages people see, below `/u/`: login, sign-up, passwords, invitations. Takes over errors and unknown addresses of the
 * whole server where a browser asks for a page.
 */
export async function registerHostedPages(
  app: FastifyInstance,
  deps: HostedPagesDeps,
): Promise<void> {
  const assets = readAssets();
  const pages = createPages(assets, deps.brand ?? createBrand(app, deps), deps.log);
  registerErrorPages(app, { pages });
  await app.register(async (scope) => {
    await scope.register(cookie);
    await scope.register(formbody, { bodyLimit: 64 * 1024 });
    const { keys, publicUrl, secureCookies } = deps;
    const csrf = createCsrf({ key: keys.csrf, publicUrl, secure: secureCookies });
    const proofs = createProofs(deps);
    const shared: PageDeps = { ...deps, pages, csrf, proofs };
    scope.addHook('preHandler', async (request, reply) => {
      if (request.method !== 'POST' || csrf.isOurs(request)) return;
      return showUntrusted(shared, request, reply);
    });
    assets.register(scope);
    registerPictures(scope);
    registerLoginPages(scope, shared);
    registerSignUpPages(scope, shared);
    registerForgotPages(scope, shared);
    registerResetPages(scope, shared);
    registerInvitationPages(scope, shared);
    registerOrganizationPages(scope, shared);
    registerOrganizationInvitationPages(scope, shared);
    registerVerificationPages(scope, shared);
    registerUnblockPages(scope, shared);
    registerPasswordlessPages(scope, shared);
    registerNewLink(scope, shared);
    registerMfaChallengePages(scope, shared);
    registerMfaEnrollPages(scope, shared);
    registerMfaSessionPage(scope, shared);
    registerDonePages(scope, shared);
  });
}

/**
 * Makes the pages that other doors show, and begins to look after how pages look.
 * @returns with them the `brand` for {@link registerHostedPages}: there is one look for all
 * @param app before any door is registered on it
 */
export function createSharedPages(
  app: FastifyInstance,
  deps: { db: Db; log: Log },
): SharedPages & { brand: BrandSource } {
  const brand = createBrand(app, deps);
  const pages: Pages = createPages(readAssets(), brand, deps.log);
  const speechOf = (request: FastifyRequest | undefined): Speech => pages.speech(request ?? {});
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
    error({ error, description, requestId, request }) {
      const speech = speechOf(request);
      return pages.render('message', speech, {
        sign: 'oops',
        title: speech.say('error.badTitle'),
        lead: description,
        code: error,
        requestId,
      });
    },
    confirmLogout({ action, fields, request }) {
      const speech = speechOf(request);
      return pages.render('message', speech, {
        sign: 'calm',
        title: speech.say('confirmLogout.title'),
        lead: speech.say('confirmLogout.lead'),
        form: {
          action,
          fields: Object.entries(fields),
          submit: speech.say('confirmLogout.submit'),
        },
      });
    },
    loggedOut({ request } = {}) {
      const speech = speechOf(request);
      return pages.render('message', speech, {
        sign: 'good',
        title: speech.say('loggedOut.title'),
        lead: speech.say('loggedOut.lead'),
      });
    },
    doorstep(request, reply) {
      const speech = pages.speech(request);
      const title = speech.say('doorstep.title');
      const lead = speech.say('doorstep.lead');
      return pages.send(reply, {
        template: 'message',
        speech,
        values: { sign: 'calm', title, lead },
      });
    },
    device: (page) => devicePage(pages, speechOf(page.request), page),
    frame: (page) => pages.render('frame', pages.speech({}, 'en'), { ...page, isOurs: true }),
  };
}
