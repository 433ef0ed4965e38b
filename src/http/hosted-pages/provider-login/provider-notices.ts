import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PageDeps } from '../deps.ts';
import type { Translator } from '../page/page.ts';
import type { PageValues } from '../page-values/page-values.ts';

/** Shows that a login at a provider did not begin in this browser, or too long ago. */
export function showNotHere(
  deps: Pick<PageDeps, 'pages'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return notify(deps, request, reply, 400, ({ say }) => ({
    sign: 'lost',
    title: say('providerLogin.elsewhereTitle'),
    lead: say('providerLogin.elsewhereLead'),
  }));
}

/** Shows that a login at a provider has ended, by success, by a second click or by time. @param againUrl where it begins again */
export function showOver(
  deps: Pick<PageDeps, 'pages'>,
  request: FastifyRequest,
  reply: FastifyReply,
  againUrl: string,
): Promise<FastifyReply> {
  return notify(deps, request, reply, 410, ({ say }) => ({
    sign: 'link',
    title: say('providerLogin.overTitle'),
    lead: say('providerLogin.overLead'),
    onwardUrl: againUrl,
    onwardText: say('providerLogin.again'),
  }));
}

function notify(
  { pages }: Pick<PageDeps, 'pages'>,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  valuesIn: (translator: Translator) => PageValues['message'],
): Promise<FastifyReply> {
  const translator = pages.translator(request);
  return pages.send(reply, {
    template: 'message',
    translator,
    status,
    values: valuesIn(translator),
  });
}
