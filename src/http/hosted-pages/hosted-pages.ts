import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import { createBrand, readAssets } from './brand/brand.ts';
import { createProofs } from './browser/browser.ts';
import type { HostedPagesDeps, PageDeps } from './deps.ts';
import { registerDonePages, registerErrorPages, showUntrusted } from './errors/errors.ts';
import {
  registerDeclinePages,
  registerForgotPages,
  registerInvitationAccountPages,
  registerInvitationCodePages,
  registerInvitationFactorPages,
  registerInvitationPages,
  registerInvitationProviderPages,
  registerNewLink,
  registerOrganizationInvitationPages,
  registerResetPages,
  registerVerificationPages,
} from './links/links.ts';
import {
  registerLoginCodePages,
  registerLoginPages,
  registerLoginTicketPages,
  registerOrganizationPages,
  registerPasskeyOfferPages,
  registerPasskeyPages,
  registerPasswordlessPages,
  registerSignUpPages,
  registerUnblockPages,
} from './login/login.ts';
import {
  registerMfaChallengePages,
  registerMfaEnrollPages,
  registerMfaKeyPages,
  registerMfaSessionPage,
} from './mfa/mfa.ts';
import { createCsrf, createPages, registerPictures } from './page/page.ts';
import {
  registerFlowProviderPages,
  registerLinkAccountPages,
  registerProviderCallback,
  registerProviderPages,
} from './provider-login/provider-login.ts';

export type { HostedPagesDeps } from './deps.ts';
export { createSharedPages } from './framed-pages.ts';

/**
 * Registers the pages below `/u/`: login, sign-up, passwords and invitations. Also handles errors and unknown addresses of the whole
 * server if a browser asks for a page.
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
      // Providers send forms of their own, which change nothing until this browser comes back.
      if (request.routeOptions.url === PAGE_PATHS.providerCallback) return;
      return showUntrusted(shared, request, reply);
    });
    assets.register(scope);
    registerPictures(scope);
    registerLoginPages(scope, shared);
    registerLoginTicketPages(scope, shared);
    registerLoginCodePages(scope, shared);
    registerProviderCallback(scope, shared);
    registerProviderPages(scope, shared);
    registerFlowProviderPages(scope, shared);
    registerLinkAccountPages(scope, shared);
    registerPasskeyPages(scope, shared);
    registerPasskeyOfferPages(scope, shared);
    registerSignUpPages(scope, shared);
    registerForgotPages(scope, shared);
    registerResetPages(scope, shared);
    registerInvitationPages(scope, shared);
    registerInvitationProviderPages(scope, shared);
    registerInvitationAccountPages(scope, shared);
    registerInvitationCodePages(scope, shared);
    registerInvitationFactorPages(scope, shared);
    registerDeclinePages(scope, shared);
    registerOrganizationPages(scope, shared);
    registerOrganizationInvitationPages(scope, shared);
    registerVerificationPages(scope, shared);
    registerUnblockPages(scope, shared);
    registerPasswordlessPages(scope, shared);
    registerNewLink(scope, shared);
    registerMfaChallengePages(scope, shared);
    registerMfaEnrollPages(scope, shared);
    registerMfaKeyPages(scope, shared);
    registerMfaSessionPage(scope, shared);
    registerDonePages(scope, shared);
  });
}
