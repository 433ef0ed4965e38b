import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';

/** Seven days, Auth0's default. */
export const DEFAULT_TTL_SECONDS = 604_800;

/** An invitation to join an organization. The link's secret is derived; the table has only its hash. */
export type OrganizationInvitation = {
  id: string;
  organizationId: string;
  generation: number;
  /** The application whose login starts the acceptance. */
  clientId: string;
  /** The only connection for the acceptance, or `null` for any of the organization's. */
  connectionId: string | null;
  inviterName: string;
  /** Lower case. */
  email: string;
  appMetadata: Record<string, unknown> | null;
  userMetadata: Record<string, unknown> | null;
  roles: string[];
  /** `refused`: another person used the link. */
  state: 'pending' | 'accepted' | 'refused' | 'revoked';
  userId: string | null;
  createdAt: Date;
  expiresAt: Date;
};

type Row = {
  id: string;
  organization_id: string;
  generation: number;
  client_id: string;
  connection_id: string | null;
  inviter_name: string;
  email: string;
  app_metadata: Record<string, unknown> | null;
  user_metadata: Record<string, unknown> | null;
  roles: string[];
  state: OrganizationInvitation['state'];
  user_id: string | null;
  created_at: Date;
  expires_at: Date;
};

const COLUMNS = sql.raw(
  'id, organization_id, generation, client_id, connection_id, inviter_name, email, app_metadata, user_metadata, roles, state, user_id, created_at, expires_at',
);

/** Returns the ticket: 32 letters and digits, always the same, and never stored. */
export function organizationInvitationSecret(
  ticketKey: Buffer,
  invitation: { id: string; generation: number },
): string {
  return linkSecret(ticketKey, invitation.id, invitation.generation);
}

export async function insertOrganizationInvitation(
  tx: Db,
  input: Omit<
    OrganizationInvitation,
    'id' | 'generation' | 'state' | 'userId' | 'createdAt' | 'expiresAt'
  > & { ttlSeconds: number; ticketKey: Buffer; now: Date },
): Promise<OrganizationInvitation> {
  const id = newId('uinv');
  const hash = sha256(linkSecret(input.ticketKey, id, 0)).toString('hex');
  const expiresAt = momentAfter(input.now, input.ttlSeconds);
  const { rows } = await sql<Row>`
    insert into organization_invitations (id, organization_id, secret_hash, client_id, connection_id, inviter_name, email,
      app_metadata, user_metadata, roles, created_at, expires_at)
    values (${id}, ${input.organizationId}, decode(${hash}, 'hex'), ${input.clientId}, ${input.connectionId},
      ${input.inviterName}, ${input.email}, ${json(input.appMetadata)}::jsonb,
      ${json(input.userMetadata)}::jsonb, ${JSON.stringify(input.roles)}::jsonb, ${input.now}, ${expiresAt})
    returning ${COLUMNS}`.execute(tx);
  const [row] = rows;
  if (!row) throw new Error('The invitation was not stored.');
  return fromRow(row);
}

/** Returns an invitation of this organization that is not accepted yet, also an expired one. */
export async function findOpenInvitation(
  db: Db,
  key: { organizationId: string; id: string },
): Promise<OrganizationInvitation | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from organization_invitations
    where id = ${key.id} and organization_id = ${key.organizationId} and state = 'pending'`.execute(
    db,
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Returns invitations in any state. */
export async function findOrganizationInvitations(
  db: Db,
  ids: string[],
): Promise<OrganizationInvitation[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from organization_invitations where id = any(${ids}::text[])`.execute(db);
  return rows.map(fromRow);
}

/** Returns an invitation of this organization in any state, by the ticket of its link. Changes nothing. */
export async function findInvitationByTicket(
  db: Db,
  key: { organizationId: string; ticket: string },
): Promise<OrganizationInvitation | null> {
  const hash = sha256(key.ticket).toString('hex');
  const { rows } = await sql<Row>`
    select ${COLUMNS} from organization_invitations
    where secret_hash = decode(${hash}, 'hex') and organization_id = ${key.organizationId}`.execute(
    db,
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Returns whether an address has an open invitation to this organization that a login with this connection accepts. */
export async function isInvitedToOrganization(
  db: Db,
  input: { organizationId: string; email: string; connectionId: string; now: Date },
): Promise<boolean> {
  const { organizationId, email, connectionId, now } = input;
  const { rows } = await sql`
    select 1 from organization_invitations
    where organization_id = ${organizationId} and state = 'pending' and email = ${email} and expires_at > ${now}
      and (connection_id is null or connection_id = ${connectionId}) limit 1`.execute(db);
  return rows.length > 0;
}

/** Returns a page of open invitations. Default order: newest first. */
export async function listOpenInvitations(
  db: Db,
  page: { organizationId: string; offset: number; limit: number; oldestFirst: boolean },
): Promise<OrganizationInvitation[]> {
  const direction = sql.raw(page.oldestFirst ? 'asc' : 'desc');
  const { rows } = await sql<Row>`
    select ${COLUMNS} from organization_invitations
    where organization_id = ${page.organizationId} and state = 'pending'
    order by created_at ${direction}, id ${direction}
    offset ${page.offset} limit ${page.limit}`.execute(db);
  return rows.map(fromRow);
}

/** Uses up an open invitation of this organization. Of any number of callers at once one gets it, the others get `null`. */
export async function closeInvitation(
  tx: Db,
  input: {
    organizationId: string;
    id: string;
    as: 'accepted' | 'refused';
    userId: string;
    now: Date;
  },
): Promise<OrganizationInvitation | null> {
  const { rows } = await sql<Row>`
    update organization_invitations set state = ${input.as}, user_id = ${input.userId}, closed_at = ${input.now}
    where id = ${input.id} and organization_id = ${input.organizationId} and state = 'pending'
      and expires_at > ${input.now}
    returning ${COLUMNS}`.execute(tx);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Revokes an open invitation of this organization. Returns false if there was none. */
export async function revokeOrganizationInvitation(
  db: Db,
  key: { organizationId: string; id: string; now: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update organization_invitations set state = 'revoked', closed_at = ${key.now}
    where id = ${key.id} and organization_id = ${key.organizationId} and state = 'pending'
    returning id`.execute(db);
  return rows.length === 1;
}

// Long enough to explain to a person with an old link that it was used.
const CLOSED_KEPT_MS = 30 * 24 * 3600 * 1000;

/** Deletes up to `limit` invitations that were closed long ago. Returns how many it deleted. */
export const deleteClosedInvitations = deletionOf('organization_invitations', {
  key: ['id'],
  ended: 'closed_at',
  keptMs: CLOSED_KEPT_MS,
});

function json(value: Record<string, unknown> | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromRow(row: Row): OrganizationInvitation {
  return {
    id: row.id,
    organizationId: row.organization_id,
    generation: row.generation,
    clientId: row.client_id,
    connectionId: row.connection_id,
    inviterName: row.inviter_name,
    email: row.email,
    appMetadata: row.app_metadata,
    userMetadata: row.user_metadata,
    roles: row.roles,
    state: row.state,
    userId: row.user_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/**
 * Returns the URL at which the application starts the acceptance. The route keeps its own query, and the parameters for /authorize are
 * added. Returns `null` if the route names metadata that do not exist.
 * @param route where the application starts its login; `{organization_name}`, `{organization.metadata.public_…}` and
 * `{custom_domain.metadata.public_…}` are replaced
 * @param about.domainMetadata metadata of the default domain of links
 */
export function organizationInvitationUrl(
  route: string,
  about: {
    organization: { id: string; name: string; metadata: Record<string, string> | null };
    domainMetadata: Record<string, string>;
  },
  secret: string,
): string | null {
  const { organization, domainMetadata } = about;
  const filled = route.replace(/\{([a-z_]+(?:\.[\w-]+)*)\}/g, (whole, name: string) => {
    if (name === 'organization_name') return organization.name;
    const [, whose, key = ''] =
      /^(organization|custom_domain)\.metadata\.(public_[\w-]+)$/.exec(name) ?? [];
    const known = whose === 'organization' ? organization.metadata : domainMetadata;
    const value = known && Object.hasOwn(known, key) ? known[key] : undefined;
    return value === undefined ? whole : encodeURIComponent(value);
  });
  if (filled.includes('{') || !URL.canParse(filled)) return null;
  const url = new URL(filled);
  url.searchParams.set('invitation', secret);
  url.searchParams.set('organization', organization.id);
  url.searchParams.set('organization_name', organization.name);
  return url.href;
}
