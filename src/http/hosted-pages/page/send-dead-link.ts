import type { FastifyReply } from 'fastify';
import type { MessageTexts } from './languages.ts';
import type { Pages, Translator } from './render.ts';
import { signOfLink } from './signs.ts';

/** Sends the page for a link that does not work, where no new one can be requested. @param texts a group of texts about it, such as `dead.used` */
export function sendDeadLink(
  pages: Pages,
  reply: FastifyReply,
  { translator, texts }: { translator: Translator; texts: MessageTexts },
): Promise<FastifyReply> {
  return pages.send(reply, {
    template: 'message',
    translator,
    status: texts.endsWith('.unknown') ? 404 : 410,
    values: {
      sign: signOfLink(texts),
      title: translator.say(`${texts}.title`),
      lead: translator.say(`${texts}.lead`),
    },
  });
}
