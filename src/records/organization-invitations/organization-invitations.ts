import { sql } from 'kysely';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deleteOver } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';

/** Seven days, as the wire has it. */
export const DEFAULT_TTL_SEC = 604_800;

/** Somebody was asked to join an organization. Its link's secret is derived; the table holds a hash of it. */
export type OrganizationInvitation = {
  id: string;
  organizationId: string;
  generation: number;
  /** The application whose login begins the acceptance. */
  clientId: string;
  /** The only user store to accept with; null: any of the organization's. */
  connectionId: string | null;
  inviterName: string;
  /** Lower case. */
  email: string;
  appMetadata: Record<string, unknown> | null;
  userMetadata: Record<string, unknown> | null;
  roles: string[];
  /** `refused`: used by somebody who wasn't meant. */
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

/** The ticket of the wire: 32 letters and digits, the same every time, and stored nowhere. */
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
  > & { ttlSec: number; ticketKey: Buffer; now: Date },
): Promise<OrganizationInvitation> {
  const id = newId('uinv');
  const hash = sha256(linkSecret(input.ticketKey, id, 0)).toString('hex');
  const expiresAt = new Date(input.now.getTime() + input.ttlSec * 1000);
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

/** One that is still to be accepted, though it may be past its time; of this organization only. */
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

/** In any state. */
export async function findOrganizationInvitations(
  db: Db,
  ids: string[],
): Promise<OrganizationInvitation[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from organization_invitations where id = any(${ids}::text[])`.execute(db);
  return rows.map(fromRow);
}

/** In any state, by the ticket of its link; of this organization only. Changes nothing. */
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

/** A page of those still to be accepted, newest first unless told. */
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

/** Consumes an open invitation of this organization: of any number at once, one caller gets it, everyone else null. */
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

/** Takes an open invitation of this organization back. False: there was none. */
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

// Long enough to tell somebody who clicks an old link that it was used.
const CLOSED_KEPT_MS = 30 * 24 * 3600 * 1000;

/** Forgets those that were closed long ago, at most `limit` at once. Returns how many. */
export function deleteClosedInvitations(
  db: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  const before = new Date(now.getTime() - CLOSED_KEPT_MS);
  const over = { key: ['id'], ended: 'closed_at', before, limit };
  return deleteOver(db, 'organization_invitations', over);
}

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
 * The address of the application that begins the acceptance: its own query stays, and what the application must pass on to
 * /authorize is added. null: without the metadata that the route names it is no address.
 * @param route where the application starts its login; `{organization_name}`, `{organization.metadata.public_…}` and
 * `{custom_domain.metadata.public_…}` are filled in
 * @param about.domainMetadata of the domain of links for which none was named
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
