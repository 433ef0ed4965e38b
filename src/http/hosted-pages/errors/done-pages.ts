import type { FastifyInstance } from 'fastify';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { PageDeps } from '../deps.ts';
import { DONE, queryText } from '../page/page.ts';

/** Registers `/u/done` and `/u/logged-out`, the last page if there is no address to redirect to. */
export function registerDonePages(app: FastifyInstance, { pages }: PageDeps): void {
  app.get(PAGE_PATHS.done, async (request, reply) => {
    const asked = queryText(request, 'what');
    const what = DONE.find((candidate) => candidate === asked);
    if (what === undefined) return reply.callNotFound();
    const asking = pages.translator(request);
    const translator = what === 'mfa' ? asking.of('mfa-enroll-result') : asking;
    return pages.send(reply, {
      template: 'message',
      translator,
      values: {
        sign: 'good',
        title: translator.say(`done.${what}.title`),
        lead: translator.say(`done.${what}.lead`),
        onwardUrl: pages.tenant().defaultRedirectionUri,
        onwardText: translator.say('common.backToApp', {
          app: pages.tenant().friendlyName ?? translator.say('common.theApp'),
        }),
      },
    });
  });

  app.get(PAGE_PATHS.loggedOut, async (request, reply) => {
    const translator = pages.translator(request);
    return pages.send(reply, {
      template: 'message',
      translator,
      values: {
        sign: 'good',
        title: translator.say('loggedOut.title'),
        lead: translator.say('loggedOut.lead'),
      },
    });
  });
}
