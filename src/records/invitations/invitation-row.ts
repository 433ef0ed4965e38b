import { type RawBuilder, sql } from 'kysely';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';

export type StoredState = 'pending' | 'accepted' | 'declined' | 'revoked';

/** How the person proved that the invited address is theirs. */
export type AcceptedBy =
  | 'link'
  | 'login'
  | 'reset'
  | 'passwordless'
  | 'sign_up'
  | 'identity'
  | 'passkey'
  | 'grant';

/** An invitation to join. `data` is this person's part of the plan. */
export type Invitation = {
  id: string;
  campaignId: string;
  /** The invited user, or `null` if an address was invited: its user comes with the acceptance. */
  userId: string | null;
  email: string;
  clientId: string | null;
  /** The organization that the acceptance makes the person a member of. */
  organizationId: string | null;
  generation: number;
  state: StoredState;
  data: {
    templateData?: Record<string, unknown>;
    appMetadata?: Record<string, unknown>;
    userMetadata?: Record<string, unknown>;
    /** See the plan's. */
    data?: Record<string, unknown>;
  } | null;
  /** Whether the user was made for this invitation. */
  madeUser: boolean;
  expiresAt: Date;
  createdAt: Date;
  acceptedAt: Date | null;
  /** Also `null` for invitations accepted before this was recorded. */
  acceptedBy: AcceptedBy | null;
  /** Who accepted. `null` also if that user was deleted. */
  acceptedUserId: string | null;
  declinedAt: Date | null;
  /** How often the person has requested a new link and got it by mail, and when last. */
  renewals: number;
  renewedAt: Date | null;
  revokedAt: Date | null;
};

export type InvitationRow = {
  id: string;
  campaign_id: string;
  user_id: string | null;
  email: string;
  client_key: string;
  organization_id: string | null;
  generation: number;
  state: StoredState;
  data: Invitation['data'];
  made_user: boolean;
  expires_at: Date;
  created_at: Date;
  accepted_at: Date | null;
  accepted_by: AcceptedBy | null;
  accepted_user_id: string | null;
  declined_at: Date | null;
  renewals: number;
  renewed_at: Date | null;
  revoked_at: Date | null;
};

const NAMES =
  'id campaign_id user_id email client_key organization_id generation state data made_user expires_at created_at accepted_at ' +
  'accepted_by accepted_user_id declined_at renewals renewed_at revoked_at';

/** Returns the invitation's columns, prefixed by the table's name in the query. */
export function invitationColumns(table: string): RawBuilder<unknown> {
  return sql.raw(
    NAMES.split(' ')
      .map((name) => `${table}.${name}`)
      .join(', '),
  );
}

export function invitationFromRow(row: InvitationRow): Invitation {
  return {
    id: row.id,
    campaignId: row.campaign_id,
    userId: row.user_id,
    email: row.email,
    clientId: row.client_key === '' ? null : row.client_key,
    organizationId: row.organization_id,
    generation: row.generation,
    state: row.state,
    data: row.data,
    madeUser: row.made_user,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    acceptedAt: row.accepted_at,
    acceptedBy: row.accepted_by,
    acceptedUserId: row.accepted_user_id,
    declinedAt: row.declined_at,
    renewals: row.renewals,
    renewedAt: row.renewed_at,
    revokedAt: row.revoked_at,
  };
}

/** Returns the stored hash of a link's secret, in hexadecimal. */
export function secretHashHex(ticketKey: Buffer, id: string, generation: number): string {
  return sha256(linkSecret(ticketKey, id, generation)).toString('hex');
}
