import { Type } from 'typebox';
import { countMessagesUpTo, heldMail } from '../../../records/messages/messages.ts';
import { type Api, type BaseDeps, nullable, route } from '../route/route.ts';

const MOST = 10_000;

/** `/emails/outbox`, which Auth0 does not have: the mails that wait to be sent, and the reason. */
export function emailOutboxRoutes(api: Api, { db }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/emails/outbox',
    scopes: ['read:email_provider'],
    summary: 'Get the state of the outbox',
    description: `Returns how many emails are queued and how many have failed finally. Each number counts up to ${MOST}. \`held\` is the problem that the operator must solve before Usher sends emails again: the mail server cannot be reached, it refuses the account or the sender, or a template takes too much time or memory.`,
    tags: ['emails'],
    response: {
      200: Type.Object({
        queued: Type.Integer(),
        failed: Type.Integer(),
        held: nullable(
          Type.Object({
            mails: Type.Integer({ description: 'Number of emails that wait for the solution' }),
            problem: Type.String({
              description: 'Last response of the mail server, or error of the template',
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
