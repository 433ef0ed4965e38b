import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unblockByLink, viewUnblock } from '../../../flows/unblock-account/unblock-account.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { PageDeps } from '../deps.ts';
import { doneUrl, type MessageTexts, secretOf, sendDeadLink } from '../page/page.ts';

/** Registers `/u/unblock?ticket=…`, a page with a button, because mail scanners open links and only the POST may lift a block. */
export function registerUnblockPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.unblock, async (request, reply) => {
    const view = await viewUnblock(deps, secretOf(request));
    if (view.kind !== 'open') return showDead(deps, request, reply, view.kind);
    const translator = deps.pages.translator(request);
    return deps.pages.send(reply, {
      template: 'unblock',
      translator,
      values: {
        title: translator.say('unblock.title'),
        email: view.user.email,
        csrf: deps.csrf.token(request, reply),
        action: `${PAGE_PATHS.unblock}?ticket=${encodeURIComponent(secretOf(request))}&ui_locales=${translator.lang}`,
      },
    });
  });

  app.post(PAGE_PATHS.unblock, async (request, reply) => {
    const outcome = await unblockByLink(deps, secretOf(request));
    if (outcome.kind !== 'done') return showDead(deps, request, reply, outcome.kind);
    await deps.proofs.take(request, reply, { userId: outcome.user.id, handoff: null });
    const { lang } = deps.pages.translator(request);
    return reply.redirect(doneUrl('unblocked', lang), 303);
  });
}

function showDead(
  { pages }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: 'used' | 'expired' | 'superseded' | 'unknown',
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const texts: MessageTexts = kind === 'used' ? 'done.unblocked' : `dead.${kind}`;
  return sendDeadLink(pages, reply, { translator, texts });
}
