import type { App } from '../../src/app.ts';
import { newId } from '../../src/platform/ids/ids.ts';
import { hashPassword } from '../../src/platform/password-hash/password-hash.ts';
import { type Client, defaultSettings, insertClient } from '../../src/records/clients/clients.ts';
import {
  type Connection,
  DEFAULT_CONNECTION,
  enableClients,
  findConnectionByName,
  insertConnection,
  updateConnection,
} from '../../src/records/connections/connections.ts';
import {
  type CampaignPlan,
  insertCampaign,
  insertInvitations,
  invitationSecret,
} from '../../src/records/invitations/invitations.ts';
import { setPassword } from '../../src/records/passwords/passwords.ts';
import { insertResourceServer } from '../../src/records/resource-servers/resource-servers.ts';
import { issueTicket, type NewTicket } from '../../src/records/tickets/tickets.ts';
import { insertUser, type NewUser, type User } from '../../src/records/users/users.ts';

/** Where the applications of the tests take users back. Nothing listens there. */
export const CALLBACK = 'https://app.example.test/callback';

/** The API of the tests. */
export const API = 'https://orders.example.test';

export type Builders = ReturnType<typeof buildersOf>;

/** Functions that put what a test needs into the database of a running server. */
export function buildersOf({ deps: { db, clock, keys } }: Pick<App, 'deps'>) {
  const now = () => clock.now();
  return {
    /** A connection with exactly these options. The default one exists: it gets them. */
    async aConnection(
      options: Record<string, unknown> = {},
      name: string = DEFAULT_CONNECTION,
    ): Promise<Connection> {
      const existing = await findConnectionByName(db, name);
      if (existing)
        return (await updateConnection(db, existing.id, { options }, now())) ?? existing;
      const connection: Connection = {
        id: newId('con'),
        name,
        displayName: null,
        strategy: 'auth0',
        options,
        metadata: null,
        realms: [name],
        settings: {},
        createdAt: now(),
        updatedAt: now(),
      };
      await insertConnection(db, connection);
      return connection;
    },
    async anApi(identifier = API, scope = 'read:orders'): Promise<void> {
      await insertResourceServer(db, {
        id: newId('api'),
        identifier,
        name: null,
        scopes: [{ value: scope }],
        settings: { allowOfflineAccess: true },
        isSystem: false,
        createdAt: now(),
        updatedAt: now(),
      });
    },
    /** A public application that may use the connection. */
    async aClient(
      connection: Connection,
      chosen: { name?: string; settings?: Partial<Client['settings']> } = {},
    ): Promise<Client> {
      const client: Client = {
        id: newId('client'),
        name: chosen.name ?? 'Northwind Notes',
        secretHash: null,
        settings: {
          ...defaultSettings(undefined),
          callbacks: [CALLBACK],
          tokenEndpointAuthMethod: 'none',
          ...chosen.settings,
        },
        createdAt: now(),
        updatedAt: now(),
      };
      await insertClient(db, client);
      await enableClients(db, connection.id, [client.id]);
      return client;
    },
    async aUser(
      connection: Pick<Connection, 'id'>,
      chosen: Partial<NewUser> & { password?: string } = {},
    ): Promise<User> {
      const { password, ...profile } = chosen;
      const inserted = await insertUser(db, {
        connectionId: connection.id,
        email: `${newId('p')}@example.test`,
        ...profile,
        now: now(),
      });
      if (inserted.kind !== 'inserted') throw new Error('The user is already there.');
      const userId = inserted.user.id;
      if (password !== undefined) {
        const phc = await hashPassword(password);
        await db
          .transaction()
          .execute((tx) => setPassword(tx, { userId, phc, at: now(), historySize: 0 }));
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
        now: now(),
      });
      return issued.secret;
    },
    /** The secret of an invitation's link, and its id. */
    /**
     * Invites a user, or an address without an account in a connection.
     * @param chosen.madeUser whether the user was made for this invitation
     */
    async anInvitation(
      whom: User | { email: string; connectionId: string },
      chosen: { plan?: Partial<CampaignPlan>; clientId?: string; madeUser?: boolean } = {},
    ): Promise<{ id: string; secret: string }> {
      const { clientId = null, madeUser = false } = chosen;
      const plan: CampaignPlan = { ttlSec: 604_800, markEmailVerified: true, ...chosen.plan };
      const { email, connectionId } = whom;
      const userId = 'id' in whom ? whom.id : null;
      const campaignId = await insertCampaign(db, { clientId, connectionId, plan, now: now() });
      const [outcome] = await insertInvitations(db, {
        campaignId,
        rows: [{ userId, email: email ?? '', madeUser }],
        clientKey: clientId ?? '',
        connectionId,
        organizationId: plan.organizationId ?? null,
        ttlSeconds: plan.ttlSec,
        now: now(),
        ticketKey: keys.ticket,
      });
      if (outcome?.kind !== 'invited') throw new Error('The user was not invited.');
      return { id: outcome.id, secret: invitationSecret(keys.ticket, outcome) };
    },
  };
}
