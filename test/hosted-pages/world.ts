import type { FastifyInstance } from 'fastify';
import { acceptInvitationHandlers } from '../../src/flows/accept-invitation/accept-invitation.ts';
import { resetPasswordHandlers } from '../../src/flows/reset-password/reset-password.ts';
import { verifyEmailHandlers } from '../../src/flows/verify-email/verify-email.ts';
import { registerHostedPages } from '../../src/http/hosted-pages/hosted-pages.ts';
import type { Interactions } from '../../src/http/seams/seams.ts';
import type { Text } from '../../src/outbound/sms/sms.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { deriveKeys } from '../../src/platform/crypto/crypto.ts';
import type { Database } from '../../src/platform/db/db.ts';
import { createHttpServer } from '../../src/platform/http/http.ts';
import { newId } from '../../src/platform/ids/ids.ts';
import { createLog, type Log } from '../../src/platform/log/log.ts';
import { hashPassword } from '../../src/platform/password-hash/password-hash.ts';
import type { Enqueue } from '../../src/platform/tasks/tasks.ts';
import { type Client, findClient, insertClient } from '../../src/records/clients/clients.ts';
import {
  type Connection,
  DEFAULT_CONNECTION,
  enableClients,
  insertConnection,
} from '../../src/records/connections/connections.ts';
import {
  type CampaignPlan,
  insertCampaign,
  insertInvitations,
  invitationSecret,
} from '../../src/records/invitations/invitations.ts';
import { noAudit } from '../../src/records/logs/logs.ts';
import { setPassword } from '../../src/records/passwords/passwords.ts';
import { issueTicket, type NewTicket } from '../../src/records/tickets/tickets.ts';
import { insertUser, type NewUser, type User } from '../../src/records/users/users.ts';

export const keys = deriveKeys('a-secret-for-tests-only-0123456789abcdef');

export type World = Awaited<ReturnType<typeof openWorld>>;

/** The hosted pages alone, on a real database, with a clock that can be moved and a login that any state opens. */
export async function openWorld(
  database: Database,
  options: { publicUrl?: string; secureCookies?: boolean; log?: Log } = {},
) {
  const { db } = database;
  const publicUrl = options.publicUrl ?? 'http://localhost:3000';
  let now = new Date('2026-05-04T10:00:00.000Z');
  const clock = { ...systemClock, now: () => now };
  const waiting: { name: string; data: object }[] = [];
  const enqueue: Enqueue = async (_tx, task, data) => {
    waiting.push({ name: task.name, data });
  };
  const deps = {
    db,
    clock,
    keys,
    enqueue,
    audit: noAudit,
    log: options.log ?? createLog('silent'),
  };
  const texts: Text[] = [];
  const handlers = [
    ...resetPasswordHandlers(deps),
    ...acceptInvitationHandlers(deps),
    ...verifyEmailHandlers(deps),
  ];

  const logins = new Map<string, { clientId: string; params: Record<string, string> }>();
  const finished: { uid: string; userId: string }[] = [];
  const amrs: string[][] = [];
  const stateOf = (query: unknown): string =>
    typeof query === 'object' && query !== null && 'state' in query ? String(query.state) : '';
  const interactions: Interactions = {
    async details(request) {
      const uid = stateOf(request.query);
      const login = logins.get(uid);
      const overFactors = login?.params.audience === `${publicUrl}/mfa/`;
      if (!login) return null;
      const client = await findClient(db, login.clientId);
      return { uid, state: uid, client, prompt: 'login', userId: null, overFactors, ...login };
    },
    async finish(request, reply, { userId, amr }) {
      finished.push({ uid: stateOf(request.query), userId });
      amrs.push(amr);
      await reply.redirect(`/authorize/${stateOf(request.query)}`, 303);
    },
    againUrl: () => null,
    async welcome() {},
    async whoIsHere() {
      return null;
    },
    async chooseOrganization() {
      return false;
    },
    async resume(request, reply) {
      await reply.redirect(`/authorize/${stateOf(request.query)}`, 303);
    },
    async abort(_request, reply, { error }) {
      await reply.redirect(`/aborted?error=${error}`, 303);
    },
  };
  const app: FastifyInstance = await createHttpServer({
    log: deps.log,
    trustProxy: [],
    tls: undefined,
  });
  await registerHostedPages(app, {
    ...deps,
    smsSender: async () => ({
      async send(text) {
        texts.push(text);
        return { kind: 'sent' };
      },
    }),
    publicUrl,
    secureCookies: options.secureCookies ?? false,
    interactions,
  });
  app.get('/boom', async () => {
    throw new Error('a secret detail');
  });

  return {
    app,
    db,
    publicUrl,
    /** The user who logged in, and the login. */
    finished,
    /** How they did, each time. */
    amrs,
    /** Texts that were sent to phones. */
    texts,
    passTime(seconds: number) {
      now = new Date(now.getTime() + seconds * 1000);
    },
    clock,
    /** Runs waiting background tasks and those that they add. Returns their names. */
    async work(): Promise<string[]> {
      const names: string[] = [];
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        names.push(next.name);
        const { name, data } = next;
        await handlers
          .find(({ task }) => task.name === name)
          ?.handler(data, new AbortController().signal);
      }
      return names;
    },
    /** Begins a login, as an application does. */
    beginLogin(clientId: string, params: Record<string, string> = {}): string {
      const uid = newId('uid');
      logins.set(uid, { clientId, params });
      return uid;
    },
    async aConnection(
      optionsOfConnection: Record<string, unknown> = {},
      name: string = DEFAULT_CONNECTION,
    ): Promise<Connection> {
      const connection: Connection = {
        id: newId('con'),
        name,
        displayName: null,
        strategy: 'auth0',
        options: optionsOfConnection,
        metadata: null,
        realms: [name],
        settings: {},
        createdAt: now,
        updatedAt: now,
      };
      await insertConnection(db, connection);
      return connection;
    },
    async aClient(
      connection: Connection,
      chosen: { name?: string; settings?: Partial<Client['settings']> } = {},
    ): Promise<Client> {
      const client: Client = {
        id: newId('client'),
        name: chosen.name ?? 'Northwind Notes',
        secretHash: null,
        settings: {
          callbacks: [],
          allowedLogoutUrls: [],
          allowedOrigins: [],
          webOrigins: [],
          grantTypes: ['authorization_code'],
          tokenEndpointAuthMethod: 'none',
          isFirstParty: true,
          jwtConfiguration: { lifetimeInSeconds: 36_000 },
          refreshToken: {
            rotationType: 'rotating',
            expirationType: 'expiring',
            leeway: 0,
            tokenLifetime: 1,
            idleTokenLifetime: 1,
            infiniteTokenLifetime: false,
            infiniteIdleTokenLifetime: false,
          },
          extra: {},
          ...chosen.settings,
        },
        createdAt: now,
        updatedAt: now,
      };
      await insertClient(db, client);
      await enableClients(db, connection.id, [client.id]);
      return client;
    },
    async aUser(
      connection: Connection,
      chosen: Partial<NewUser> & { password?: string } = {},
    ): Promise<User> {
      const { password, ...profile } = chosen;
      const inserted = await insertUser(db, {
        connectionId: connection.id,
        email: `${newId('p')}@example.test`,
        ...profile,
        now,
      });
      if (inserted.kind !== 'inserted') throw new Error('The user is already there.');
      const userId = inserted.user.id;
      if (password !== undefined) {
        const phc = await hashPassword(password);
        await db
          .transaction()
          .execute((tx) => setPassword(tx, { userId, phc, at: now, historySize: 0 }));
      }
      return inserted.user;
    },
    /** The secret of a new link for this user. */
    async aTicket(user: User, chosen: Partial<NewTicket> = {}): Promise<string> {
      const issued = await issueTicket(db, {
        kind: 'password-change',
        userId: user.id,
        email: user.email,
        ...chosen,
        ticketKey: keys.ticket,
        now,
      });
      return issued.secret;
    },
    /** The secret of an invitation's link, and its id. */
    async anInvitation(
      user: User,
      chosen: { plan?: Partial<CampaignPlan>; clientId?: string } = {},
    ): Promise<{ id: string; secret: string }> {
      const clientId = chosen.clientId ?? null;
      const plan: CampaignPlan = { ttlSec: 604_800, markEmailVerified: true, ...chosen.plan };
      const { connectionId } = user;
      const campaignId = await insertCampaign(db, { clientId, connectionId, plan, now });
      const [outcome] = await insertInvitations(db, {
        campaignId,
        rows: [{ userId: user.id, email: user.email ?? '' }],
        clientKey: clientId ?? '',
        ttlSec: plan.ttlSec,
        now,
        ticketKey: keys.ticket,
      });
      if (outcome?.kind !== 'invited') throw new Error('The user was not invited.');
      return { id: outcome.id, secret: invitationSecret(keys.ticket, outcome) };
    },
  };
}
