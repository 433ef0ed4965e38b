import { Type } from 'typebox';
import { countMessagesUpTo, heldMail } from '../../../records/messages/messages.ts';
import { type Api, type BaseDeps, nullable, route } from '../route/route.ts';

const MOST = 10_000;

/** `/emails/outbox`, which Auth0 has not: what waits to be sent, and why. */
export function emailOutboxRoutes(api: Api, { db }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/emails/outbox',
    scopes: ['read:email_provider'],
    summary: 'See what waits to be sent',
    description: `How many mails wait and how many have failed for good, counted up to ${MOST}. \`held\` says what the operator must put right before
mails leave again: the mail server can't be reached, it refuses the account or the sender, or a template takes too much time or memory to fill in.`,
    tags: ['emails'],
    response: {
      200: Type.Object({
        queued: Type.Integer(),
        failed: Type.Integer(),
        held: nullable(
          Type.Object({
            mails: Type.Integer({ description: 'How many wait for it' }),
            problem: Type.String({
              description: 'What the mail server said last, or what the template asks for',
            }),
            since: Type.String({ format: 'date-time' }),
          }),
        ),
      }),
    },
    handler: async () => {
      const [queued, failed, held] = await Promise.all([
        countMessagesUpTo(db, 'queued', MOST),
        countMessagesUpTo(db, 'failed', MOST),
        heldMail(db),
      ]);
      return {
        queued: Math.min(queued, MOST),
        failed: Math.min(failed, MOST),
        held: held && { ...held, since: held.since.toISOString() },
      };
    },
  });
}
