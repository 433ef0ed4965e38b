import { randomBytes } from 'node:crypto';
import { type DeliverMailDeps, deliverDueMail } from '../../src/flows/deliver-mail/deliver-mail.ts';
import { createMailer, type Mailer } from '../../src/outbound/mail/mail.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import { type Db, openDatabase, transaction } from '../../src/platform/db/db.ts';
import { createLog } from '../../src/platform/log/log.ts';
import { insertConnection } from '../../src/records/connections/connections.ts';
import {
  type CampaignPlan,
  insertCampaign,
  insertInvitations,
} from '../../src/records/invitations/invitations.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { queueMessages } from '../../src/records/messages/messages.ts';
import { insertUser, type User } from '../../src/records/users/users.ts';
import { copyDatabase } from '../harness/database.ts';
import { startSmtpSink } from '../harness/smtp-sink.ts';

export const PUBLIC_URL = 'https://id.example.test';
export const CONNECTION = 'con_abcdefghijklmnop';

/** A database with one connection, and a real mail server that keeps its mails. */
export async function openWorld() {
  const copy = await copyDatabase();
  const database = await openDatabase({
    url: copy.url,
    dataDir: `${copy.dataDir}/db`,
    poolSize: 8,
  });
  const { db } = database;
  const sink = await startSmtpSink();
  const keys = deriveKeys(randomBytes(32).toString('hex'));
  const mailers: Mailer[] = [];
  const now = new Date();
  await insertConnection(db, {
    id: CONNECTION,
    name: 'People',
    displayName: null,
    strategy: 'auth0',
    options: {},
    metadata: null,
    realms: [],
    settings: {},
    createdAt: now,
    updatedAt: now,
  });
  return {
    db,
    keys,
    sink,
    /** Closed with the world: a server waits for its connections. */
    mailers,
    async close() {
      for (const mailer of mailers) mailer.close();
      await sink.close();
      await database.close();
      await copy.drop();
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

export function deliveryDeps(
  world: World,
  chosen: Partial<DeliverMailDeps> & { url?: string; concurrency?: number } = {},
): DeliverMailDeps {
  const { url = world.sink.url, concurrency = 5, ...deps } = chosen;
  const mailer = createMailer({ url, concurrency, timeout: 5000 });
  world.mailers.push(mailer);
  return {
    db: world.db,
    clock: systemClock,
    keys: world.keys,
    log: createLog('silent'),
    audit: noAudit,
    enqueue: async () => {},
    publicUrl: PUBLIC_URL,
    mailRatePerSecond: 0,
    sender: async () => ({ mailer, from: 'Example <no-reply@example.test>' }),
    ...deps,
  };
}

export const drain = (world: World, chosen?: Parameters<typeof deliveryDeps>[1]) =>
  deliverDueMail(deliveryDeps(world, chosen));

let number = 0;

export async function aUser(db: Db, chosen: Partial<User> = {}): Promise<User> {
  number += 1;
  const outcome = await insertUser(db, {
    connectionId: CONNECTION,
    email: `person-${number}@example.test`,
    ...chosen,
    now: new Date(),
  });
  if (outcome.kind !== 'inserted') throw new Error('duplicate');
  return outcome.user;
}

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
      connectionId: CONNECTION,
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
