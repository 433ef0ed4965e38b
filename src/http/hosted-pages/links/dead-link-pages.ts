import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requestNewLink } from '../../../flows/accept-invitation/accept-invitation.ts';
import { renewReset } from '../../../flows/reset-password/reset-password.ts';
import { renewVerification } from '../../../flows/verify-email/verify-email.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { PageDeps } from '../deps.ts';
import {
  formText,
  type MessageTexts,
  newLinkSentUrl,
  signOfLink,
  type Translator,
} from '../page/page.ts';
import type { PageBranding, PageValues } from '../page-values/page-values.ts';

export type LinkKind = PageValues['dead-link']['kind'];

/** Registers `/u/new-link`, which requests a working link. The answer is the same for every link, known or not. */
export function registerNewLink(app: FastifyInstance, deps: PageDeps): void {
  app.post(PAGE_PATHS.newLink, async (request, reply) => {
    const input = { secret: formText(request, 'ticket').slice(0, 128), ip: request.ip };
    const kind = formText(request, 'kind');
    if (kind === 'password') await renewReset(deps, input);
    if (kind === 'invitation') await requestNewLink(deps, input);
    if (kind === 'verification') await renewVerification(deps, input);
    const { lang } = deps.pages.translator(request, formText(request, 'ui_locales'));
    const clientId = formText(request, 'client_id').slice(0, 64);
    return reply.redirect(newLinkSentUrl(lang, clientId), 303);
  });
}

/** The calm page for a link that nobody knows. It offers a new one all the same: the answer tells nothing. */
export function showUnknownLink(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  link: { kind: LinkKind; ticket: string },
): Promise<FastifyReply> {
  return showDeadLink(deps, request, reply, {
    ...link,
    texts: 'dead.unknown',
    translator: deps.pages.translator(request),
    look: {},
    offerNewLink: true,
    onwardUrl: null,
    status: 404,
  });
}

/** The calm page for a link that doesn't work (any more). */
export function showDeadLink(
  { pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  dead: {
    kind: LinkKind;
    texts: MessageTexts;
    /** Replaces the group's own explanation. */
    lead?: string;
    ticket: string;
    translator: Translator;
    look: PageBranding;
    /** The application that the look is of. Default: none. */
    clientId?: string | null;
    offerNewLink: boolean;
    onwardUrl: string | null;
    /** Default: back to the application. */
    onwardText?: string;
    status: number;
  },
): Promise<FastifyReply> {
  const { translator, look, texts } = dead;
  const app = look.appName ?? translator.say('common.theApp');
  return pages.send(reply, {
    template: 'dead-link',
    translator,
    status: dead.status,
    values: {
      ...look,
      sign: signOfLink(texts),
      title: translator.say(`${texts}.title`),
      lead: dead.lead ?? translator.say(`${texts}.lead`),
      kind: dead.kind,
      ticket: dead.ticket,
      clientId: dead.clientId ?? null,
      action: dead.offerNewLink ? PAGE_PATHS.newLink : null,
      csrf: csrf.token(request, reply),
      onwardUrl: dead.onwardUrl,
      onwardText: dead.onwardText ?? translator.say('dead.goOn', { app }),
    },
  });
}
