import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type LinkOutcome,
  logInWithLink,
  viewPasswordlessLink,
} from '../../../flows/passwordless/passwordless.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { Client } from '../../../records/clients/clients.ts';
import { lookOf } from '../brand/brand.ts';
import type { PageDeps } from '../deps.ts';
import { failedDestination, secretOf, signOfLink, type Translator } from '../page/page.ts';

/**
 * Registers `/passwordless/verify_redirect?ticket=…`, the page of a login link. It has a button, because mail scanners open links and only
 * the POST may log in. It shows the account, so that nobody logs in to another person's account unawares (login CSRF).
 */
export function registerPasswordlessPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.passwordlessLink, async (request, reply) => {
    const view = await viewPasswordlessLink(deps, secretOf(request));
    if (view.kind !== 'open') return showDead(deps, request, reply, view);
    const { link, client } = view;
    const translator = deps.pages.translator(request, link.params.ui_locales);
    return deps.pages.send(reply, {
      template: 'passwordless-link',
      translator,
      values: {
        ...lookOf(client),
        title: translator.say('passwordlessLink.title', { app: client.name }),
        email: link.recipient,
        csrf: deps.csrf.token(request, reply),
        action: `${PAGE_PATHS.passwordlessLink}?ticket=${encodeURIComponent(secretOf(request))}&ui_locales=${translator.lang}`,
      },
    });
  });

  app.post(PAGE_PATHS.passwordlessLink, async (request, reply) => {
    const outcome = await logInWithLink(deps, { secret: secretOf(request), ip: request.ip });
    if (outcome.kind !== 'ok') return showDead(deps, request, reply, outcome);
    await deps.proofs.take(request, reply, outcome);
    // The application's own request, with its state. The current session does not count.
    const query = new URLSearchParams({
      ...outcome.params,
      client_id: outcome.client.id,
      prompt: 'login',
    });
    return reply.redirect(`${deps.publicUrl}/authorize?${query}`, 303);
  });
}

type Dead = Exclude<LinkOutcome, { kind: 'ok' }>;

const STATUS = { unknown: 404, used: 410, expired: 410, blocked: 403 } as const;

function showDead(
  { pages }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  dead: Dead,
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const client: Client | null = 'client' in dead ? dead.client : null;
  return pages.send(reply, {
    template: 'message',
    translator,
    status: STATUS[dead.kind],
    values: {
      ...(client && lookOf(client)),
      sign: signOfLink(dead.kind),
      ...wordsFor(dead, translator),
      onwardUrl: failedDestination({ resultUrl: null, client, email: null, message: '' }),
      onwardText: translator.say('dead.goOn', {
        app: client?.name ?? translator.say('common.theApp'),
      }),
    },
  });
}

function wordsFor(dead: Dead, translator: Translator): { title: string; lead: string } {
  const { say } = translator;
  switch (dead.kind) {
    case 'blocked':
      return { title: say('passwordlessLink.blocked'), lead: say('problem.blocked') };
    default:
      return { title: say(`dead.${dead.kind}.title`), lead: say('passwordlessLink.again') };
  }
}
