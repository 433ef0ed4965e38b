import { type RawBuilder, sql } from 'kysely';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';

export type StoredState = 'pending' | 'accepted' | 'declined' | 'revoked';

/** How the person proved that the invited address is theirs. */
export type AcceptedBy = 'link' | 'login' | 'reset' | 'passwordless' | 'sign_up';

/** An invitation to join. `data` is this person's part of the plan. */
export type Invitation = {
  id: string;
  campaignId: string;
  userId: string;
  email: string;
  clientId: string | null;
  generation: number;
  state: StoredState;
  data: {
    templateData?: Record<string, unknown>;
    appMetadata?: Record<string, unknown>;
    userMetadata?: Record<string, unknown>;
  } | null;
  expiresAt: Date;
  createdAt: Date;
  acceptedAt: Date | null;
  /** Also `null` for invitations accepted before this was recorded. */
  acceptedBy: AcceptedBy | null;
  revokedAt: Date | null;
};

export type InvitationRow = {
  id: string;
  campaign_id: string;
  user_id: string;
  email: string;
  client_key: string;
  generation: number;
  state: StoredState;
  data: Invitation['data'];
  expires_at: Date;
  created_at: Date;
  accepted_at: Date | null;
  accepted_by: AcceptedBy | null;
  revoked_at: Date | null;
};

const NAMES =
  'id campaign_id user_id email client_key generation state data expires_at created_at accepted_at accepted_by revoked_at';

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
    generation: row.generation,
    state: row.state,
    data: row.data,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    acceptedAt: row.accepted_at,
    acceptedBy: row.accepted_by,
    revokedAt: row.revoked_at,
  };
}

/** Returns the stored hash of a link's secret, in hexadecimal. */
export function secretHashHex(ticketKey: Buffer, id: string, generation: number): string {
  return sha256(linkSecret(ticketKey, id, generation)).toString('hex');
}
