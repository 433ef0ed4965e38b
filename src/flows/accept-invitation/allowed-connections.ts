import type { Db } from '../../platform/db/db.ts';
import type { Client } from '../../records/clients/clients.ts';
import {
  type Connection,
  connectionsOfClient,
  findConnections,
  requiresUsername,
} from '../../records/connections/connections.ts';
import type { Campaign } from '../../records/invitations/invitations.ts';
import {
  listEnabledConnections,
  type Organization,
} from '../../records/organizations/organizations.ts';

/** The connections with which an invitation may be accepted. */
export type AllowedConnections = {
  all: Connection[];
  /** Those that may create an account with a password, the preferred first. */
  forNewPassword: Connection[];
};

/**
 * Returns the connections with which an invitation may be accepted: those of the organization, or else of the application, or else the
 * campaign's own, as far as its plan allows them. An invitation opens a closed connection for the invited person.
 */
export async function allowedConnections(
  db: Db,
  about: { campaign: Campaign; client: Client | null; organization: Organization | null },
): Promise<AllowedConnections> {
  const { campaign, client, organization } = about;
  const { connectionIds } = campaign.plan;
  const offered =
    organization !== null
      ? await ofOrganization(db, organization.id)
      : client !== null
        ? await connectionsOfClient(db, client.id)
        : await byIds(db, connectionIds ?? [campaign.connectionId ?? '']);
  const all = offered.filter(({ id }) => connectionIds === undefined || connectionIds.includes(id));
  // The page asks for no username.
  const databases = all.filter(
    (connection) => connection.strategy === 'auth0' && !requiresUsername(connection),
  );
  const own = databases.filter(({ id }) => id === campaign.connectionId);
  return { all, forNewPassword: own.length > 0 ? own : databases };
}

async function byIds(db: Db, ids: string[]): Promise<Connection[]> {
  const found = await findConnections(db, ids);
  return ids.flatMap((id) => found.get(id) ?? []);
}

async function ofOrganization(db: Db, organizationId: string): Promise<Connection[]> {
  const page = { organizationId, offset: 0, limit: 1000 };
  const { connections } = await listEnabledConnections(db, page);
  return byIds(
    db,
    connections.map(({ connectionId }) => connectionId),
  );
}
