import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PageDeps } from '../deps.ts';

/** Shows that a login at a provider did not begin in this browser, or too long ago. */
export function showNotHere(
  { pages }: Pick<PageDeps, 'pages'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const { say } = translator;
  return pages.send(reply, {
    template: 'message',
    translator,
    status: 400,
    values: {
      sign: 'lost',
      title: say('providerLogin.elsewhereTitle'),
      lead: say('providerLogin.elsewhereLead'),
    },
  });
}

/** Shows that a login at a provider has ended, by success, by a second click or by time. @param againUrl where it begins again */
export function showOver(
  { pages }: Pick<PageDeps, 'pages'>,
  request: FastifyRequest,
  reply: FastifyReply,
  againUrl: string,
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  const { say } = translator;
  return pages.send(reply, {
    template: 'message',
    translator,
    status: 410,
    values: {
      sign: 'link',
      title: say('providerLogin.overTitle'),
      lead: say('providerLogin.overLead'),
      onwardUrl: againUrl,
      onwardText: say('providerLogin.again'),
    },
  });
}
