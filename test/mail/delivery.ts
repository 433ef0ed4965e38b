import { sql } from 'kysely';
import { type DeliverMailDeps, deliverDueMail } from '../../src/flows/deliver-mail/deliver-mail.ts';
import { createMailer } from '../../src/outbound/mail/mail.ts';
import { transaction } from '../../src/platform/db/db.ts';
import {
  type CampaignPlan,
  insertCampaign,
  insertInvitations,
} from '../../src/records/invitations/invitations.ts';
import { queueMessages } from '../../src/records/messages/messages.ts';
import type { User } from '../../src/records/users/users.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';
import { openWorld, type World } from '../harness/world.ts';

/** A server that sends no mail by itself: the tests call its delivery. */
export const openMailWorld = () => openWorld({ role: 'web' });

/** Forgets all mails, and the answers of the mail server. */
export async function emptyOutbox({ db, server: { sink } }: World): Promise<void> {
  await sql`delete from messages`.execute(db);
  sink.mails.length = 0;
  sink.answerWith(() => undefined);
  sink.refuse(null);
}

/** The server's own dependencies, with a mailer of the test. */
export function deliveryDeps(
  world: World,
  chosen: Partial<DeliverMailDeps> & { url?: string; concurrency?: number } = {},
): DeliverMailDeps {
  const { url = world.server.sink.url, concurrency = 5, ...deps } = chosen;
  const mailer = createMailer({ url, concurrency, timeout: 5000 });
  // A server waits for its connections.
  closedAtEnd(async () => mailer.close());
  return {
    ...world.server.app.deps,
    sender: async () => ({ mailer, from: 'Example <no-reply@example.test>' }),
    ...deps,
  };
}

export const drain = (world: World, chosen?: Parameters<typeof deliveryDeps>[1]) =>
  deliverDueMail(deliveryDeps(world, chosen));

/** Users of the default connection. */
export const people = (world: World, count: number): Promise<User[]> =>
  Promise.all(Array.from({ length: count }, () => world.aUser({ id: world.connectionId })));

/** Invites people and queues their mails, as the flows do. */
export async function invite(
  world: World,
  users: User[],
  options: { plan?: Partial<CampaignPlan>; now?: Date; ttlSeconds?: number; jobId?: string } = {},
) {
  const now = options.now ?? new Date();
  const ttlSeconds = options.ttlSeconds ?? 3600;
  return transaction(world.db, async (tx) => {
    const campaignId = await insertCampaign(tx, {
      connectionId: world.connectionId,
      plan: { ttlSec: ttlSeconds, markEmailVerified: true, ...options.plan },
      jobId: options.jobId ?? null,
      now,
    });
    const outcomes = await insertInvitations(tx, {
      campaignId,
      rows: users.map((user) => ({ userId: user.id, email: user.email ?? '' })),
      clientKey: '',
      ttlSeconds,
      now,
      ticketKey: world.keys.ticket,
    });
    await queueMessages(
      tx,
      outcomes.flatMap((outcome, index) =>
        outcome.kind === 'invited'
          ? [
              {
                template: 'user_invitation',
                recipient: users[index]?.email ?? '',
                userId: users[index]?.id ?? '',
                invitationId: outcome.id,
                campaignId,
              },
            ]
          : [],
      ),
      now,
    );
    return { campaignId, outcomes };
  });
}
