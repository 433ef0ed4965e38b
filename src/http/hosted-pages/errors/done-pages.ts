import type { FastifyInstance } from 'fastify';
import type { PageDeps } from '../deps.ts';
import { queryText } from '../page/page.ts';

const WHATS = ['password', 'invitation', 'verified', 'unblocked', 'mfa'] as const;

/** Registers `/u/done` and `/u/logged-out`, the last page if there is no address to redirect to. */
export function registerDonePages(app: FastifyInstance, { pages }: PageDeps): void {
  app.get('/u/done', async (request, reply) => {
    const asked = queryText(request, 'what');
    const what = WHATS.find((one) => one === asked);
    if (what === undefined) return reply.callNotFound();
    const asking = pages.speech(request);
    const speech = what === 'mfa' ? asking.of('mfa-enroll-result') : asking;
    return pages.send(reply, {
      template: 'message',
      speech,
      values: {
        sign: 'good',
        title: speech.say(`done.${what}.title`),
        lead: speech.say(`done.${what}.lead`),
        onwardUrl: pages.tenant().defaultRedirectionUri,
        onwardText: speech.say('common.backToApp', {
          app: pages.tenant().friendlyName ?? speech.say('common.theApp'),
        }),
      },
    });
  });

  app.get('/u/logged-out', async (request, reply) => {
    const speech = pages.speech(request);
    return pages.send(reply, {
      template: 'message',
      speech,
      values: {
        sign: 'good',
        title: speech.say('loggedOut.title'),
        lead: speech.say('loggedOut.lead'),
      },
    });
  });
}
