import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { linkSecret } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { PAGE_PATHS } from '../../platform/page-paths/page-paths.ts';
import type { Campaign } from './campaigns.ts';
import { insertRows, type RowOutcome, type RowToInvite } from './insert-invitations.ts';
import {
  type AcceptedBy,
  type Invitation,
  type InvitationRow,
  invitationColumns,
  invitationFromRow,
  type StoredState,
  secretHashHex,
} from './invitation-row.ts';
import { countAll, type Filters, readPage } from './list-invitations.ts';
import { type InvitationOfCampaign, withCampaigns } from './organization-invitations.ts';

export {
  ACCEPTING_LOGIN_SECONDS,
  acceptedDataOf,
  bindAcceptingLogin,
  deleteOldAcceptingLogins,
  isAcceptingHandoff,
  noteAcceptingLogin,
} from './accepting-logins.ts';
export {
  type CampaignPlan,
  type EmailPolicy,
  emailPolicyOf,
  isSmallData,
  keptProfileSchema,
  MAX_DATA_BYTES,
  profileSchemaOf,
} from './campaign-plan.ts';
export {
  type Campaign,
  findCampaignOfJob,
  findCampaigns,
  insertCampaign,
} from './campaigns.ts';
export type { AcceptedBy, Invitation } from './invitation-row.ts';
export { isMadeForLogin, isMadeOnlyFor } from './made-users.ts';
export {
  findOpenInOrganization,
  type InvitationOfCampaign,
  listOpenInOrganization,
  organizationInvitationUrl,
} from './organization-invitations.ts';
export {
  acceptAtOnce,
  acceptPromised,
  isInvited,
  type Promised,
  promisedTo,
} from './promised-invitations.ts';
export { deleteEmptyCampaigns, deleteOldInvitations } from './remove-invitations.ts';

/** Seven days, Auth0's default. */
export const DEFAULT_INVITATION_TTL_SECONDS = 604_800;

export type InvitationData = NonNullable<Invitation['data']>;

/** `expired` is a pending invitation after its expiry. */
export type InvitationState = NonNullable<Filters['state']>;

/** Returns the state to show. */
export function invitationState(invitation: Invitation, now: Date): InvitationState {
  return invitation.state === 'pending' && invitation.expiresAt <= now
    ? 'expired'
    : invitation.state;
}

/** Returns what an acceptance gives: the plan's metadata, overridden by this person's own; this person's own `data`, or the plan's. */
export function grantsOf(invitation: Invitation, campaign: Pick<Campaign, 'plan'>) {
  return {
    appMetadata: { ...campaign.plan.appMetadata, ...invitation.data?.appMetadata },
    userMetadata: { ...campaign.plan.userMetadata, ...invitation.data?.userMetadata },
    roles: campaign.plan.roles ?? [],
    permissions: campaign.plan.permissions ?? [],
    memberRoles: campaign.plan.memberRoles ?? [],
    data: invitation.data?.data ?? campaign.plan.data ?? null,
  };
}

/** Returns the link's secret: 32 letters and digits, always the same for one generation. */
export function invitationSecret(
  ticketKey: Buffer,
  invitation: { id: string; generation: number },
): string {
  return linkSecret(ticketKey, invitation.id, invitation.generation);
}

/**
 * Invites up to a thousand people in the caller's transaction. A person with an open invitation for the same application is `already`
 * invited. An open one that is expired, or to a former address, is renewed with the new plan and a new link, and keeps its id.
 * @param input.clientKey the application's id, or '' for none
 * @param input.connectionId the connection in which an address without a user has one open invitation; `null`: it may have several
 * @returns one outcome per row, in the order of the rows
 */
export async function insertInvitations(
  tx: Db,
  input: {
    campaignId: string;
    rows: RowToInvite[];
    clientKey: string;
    organizationId?: string | null;
    connectionId?: string | null;
    ttlSeconds: number;
    now: Date;
    ticketKey: Buffer;
  },
): Promise<RowOutcome[]> {
  return insertRows(tx, input);
}

export async function findInvitation(db: Db, id: string): Promise<Invitation | null> {
  const [found] = await findInvitations(db, [id]);
  return found ?? null;
}

export async function findInvitations(db: Db, ids: string[]): Promise<Invitation[]> {
  const { rows } = await sql<InvitationRow>`
    select ${invitationColumns('i')} from invitations i where i.id = any(${ids}::text[])`.execute(
    db,
  );
  return rows.map(invitationFromRow);
}

/**
 * Returns how people stand with one application: who has a valid open invitation to their current address, and who has
 * accepted or declined one before.
 * @param input.clientKey the application's id, or '' for none
 */
export async function invitationStatesOf(
  db: Db,
  input: { userIds: string[]; clientKey: string; now: Date },
): Promise<{ open: Set<string>; accepted: Set<string>; declined: Set<string> }> {
  const { rows } = await sql<{ user_id: string; state: StoredState }>`
    select i.user_id, i.state from invitations i join users u on u.id = i.user_id
    where i.user_id = any(${input.userIds}::text[]) and i.client_key = ${input.clientKey}
      and (i.state in ('accepted', 'declined')
        or (i.state = 'pending' and i.expires_at > ${input.now} and i.email = u.email))`.execute(
    db,
  );
  const those = (state: StoredState) =>
    new Set(rows.filter((row) => row.state === state).map((row) => row.user_id));
  return { open: those('pending'), accepted: those('accepted'), declined: those('declined') };
}

/** Returns which addresses without a user have a valid open invitation. They are invited to a connection. */
export async function invitedAddresses(
  db: Db,
  input: { emails: string[]; clientKey: string; connectionId: string; now: Date },
): Promise<Set<string>> {
  const { emails, clientKey, connectionId, now } = input;
  if (emails.length === 0) return new Set();
  const { rows } = await sql<{ email: string }>`
    select i.email from invitations i
    where i.email = any(${emails}::text[]) and i.client_key = ${clientKey} and i.unique_in = ${connectionId}
      and i.user_id is null and i.state = 'pending' and i.expires_at > ${now}`.execute(db);
  return new Set(rows.map((row) => row.email));
}

/** Finds an invitation in any state by the SHA-256 of its link's secret. Changes nothing. */
export async function findInvitationBySecret(
  db: Db,
  secretHash: Buffer,
): Promise<InvitationOfCampaign | null> {
  const { rows } = await sql<InvitationRow>`
    select ${invitationColumns('i')} from invitations i
    where i.secret_hash = decode(${secretHash.toString('hex')}, 'hex')`.execute(db);
  const [found] = await withCampaigns(db, rows.map(invitationFromRow));
  return found ?? null;
}

/**
 * Uses up an open invitation. One caller gets it, the others get `null`.
 * @param input.userId who accepts
 * @param input.leavesUser whether the invited user is to be deleted, and not the invitation with it
 */
export async function acceptInvitation(
  db: Db,
  input: {
    secretHash: Buffer;
    by: AcceptedBy;
    userId: string;
    /** Takes the invited account out of the invitation, so that it can be deleted. */
    leavesUser?: boolean;
    now: Date;
  },
): Promise<Invitation | null> {
  const { rows } = await sql<InvitationRow>`
    update invitations i set state = 'accepted', accepted_at = ${input.now}, accepted_by = ${input.by},
      accepted_user_id = ${input.userId}, user_id = case when ${input.leavesUser === true} then null else user_id end
    where i.secret_hash = decode(${input.secretHash.toString('hex')}, 'hex')
      and i.state = 'pending' and i.expires_at > ${input.now}
    returning ${invitationColumns('i')}`.execute(db);
  return rows[0] ? invitationFromRow(rows[0]) : null;
}

/** Records that the person does not want an open invitation. One caller gets it, the others get `null`. Cancel its messages with it. */
export async function declineInvitation(
  tx: Db,
  input: { secretHash: Buffer; now: Date },
): Promise<Invitation | null> {
  const { rows } = await sql<InvitationRow>`
    update invitations i set state = 'declined', declined_at = ${input.now}
    where i.secret_hash = decode(${input.secretHash.toString('hex')}, 'hex')
      and i.state = 'pending' and i.expires_at > ${input.now}
    returning ${invitationColumns('i')}`.execute(tx);
  return rows[0] ? invitationFromRow(rows[0]) : null;
}

/**
 * Revokes an open invitation, also an expired one. Returns `null` if there is none. Cancel its messages in the same transaction.
 * @param input.organizationId only if it is to this organization
 */
export async function revokeInvitation(
  tx: Db,
  input: { id: string; organizationId?: string; now: Date },
): Promise<Invitation | null> {
  const { id, organizationId, now } = input;
  const { rows } = await sql<InvitationRow>`
    update invitations i set state = 'revoked', revoked_at = ${now}
    where i.id = ${id} and i.state = 'pending'
      and ${organizationId === undefined ? sql`true` : sql`i.organization_id = ${organizationId}`}
    returning ${invitationColumns('i')}`.execute(tx);
  return rows[0] ? invitationFromRow(rows[0]) : null;
}

/** Revokes up to `limit` open invitations to a deleted application. Returns how many it revoked. */
export async function revokeInvitationsOfClient(
  tx: Db,
  input: { clientId: string; limit: number; now: Date },
): Promise<number> {
  const { rows } = await sql`
    update invitations set state = 'revoked', revoked_at = ${input.now}
    where id in (
      select i.id from invitations i
      where i.client_key = ${input.clientId} and i.state = 'pending' limit ${input.limit})
    returning id`.execute(tx);
  return rows.length;
}

/**
 * Prepares an invitation to be mailed again. A valid one keeps its link; an expired one gets a new link and lifetime. Queue a message in
 * the same transaction.
 */
export async function reopenInvitation(
  tx: Db,
  input: { id: string; now: Date; ttlSeconds: number; ticketKey: Buffer },
): Promise<
  | { kind: 'open'; invitation: Invitation }
  | { kind: 'closed'; state: StoredState }
  | { kind: 'missing' }
> {
  const { rows } = await sql<InvitationRow>`
    select ${invitationColumns('i')} from invitations i where i.id = ${input.id} for update`.execute(
    tx,
  );
  if (!rows[0]) return { kind: 'missing' };
  const invitation = invitationFromRow(rows[0]);
  const { state } = invitation;
  if (state !== 'pending') return { kind: 'closed', state };
  if (invitation.expiresAt > input.now) return { kind: 'open', invitation };
  const generation = invitation.generation + 1;
  const hash = secretHashHex(input.ticketKey, invitation.id, generation);
  const renewed = await sql<InvitationRow>`
    update invitations i set generation = ${generation}, secret_hash = decode(${hash}, 'hex'),
      expires_at = ${momentAfter(input.now, input.ttlSeconds)}
    where i.id = ${input.id} and i.state = 'pending' and i.generation = ${invitation.generation}
    returning ${invitationColumns('i')}`.execute(tx);
  if (!renewed.rows[0]) throw new Error(`The locked invitation ${input.id} has changed.`);
  return { kind: 'open', invitation: invitationFromRow(renewed.rows[0]) };
}

/** Records that the person has requested a new link and gets it by mail. */
export async function noteRenewal(tx: Db, { id, now }: { id: string; now: Date }): Promise<void> {
  await sql`
    update invitations set renewals = renewals + 1, renewed_at = ${now}
    where id = ${id} and state = 'pending'`.execute(tx);
}

/** Returns one page, newest first. `after` is the last entry of the previous page and replaces `offset`. */
export async function listInvitations(
  db: Db,
  input: Filters & {
    offset: number;
    limit: number;
    after?: { createdAt: Date; id: string } | undefined;
  },
): Promise<Invitation[]> {
  return readPage(db, input);
}

/**
 * Returns how many invitations match. The result is exact up to 10,000. A larger count is kept for 30 seconds, so that the cost of a list
 * does not grow with its length.
 */
export async function countInvitations(db: Db, filters: Filters): Promise<number> {
  return countAll(db, filters);
}

/** Returns the URL at which an invitation is accepted. @param publicUrl without a trailing slash */
export function invitationUrl(publicUrl: string, secret: string): string {
  return `${publicUrl}${PAGE_PATHS.invitation}?ticket=${secret}#`;
}
