import { type RawBuilder, sql } from 'kysely';
import { linkSecret, sha256 } from '../../platform/crypto/crypto.ts';

export type StoredState = 'pending' | 'accepted' | 'declined' | 'revoked';

/** How the person showed that the invited address is theirs. */
export type AcceptedBy = 'link' | 'login' | 'reset' | 'passwordless' | 'sign_up';

/** Our record that someone was asked to join. `data` is this person's share of the plan. */
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
  /** null also where it was accepted before this was noted. */
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

/** The invitation's columns, under the name its table has in the query. */
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

/** What the table keeps of a link's secret. */
export function secretHashHex(ticketKey: Buffer, id: string, generation: number): string {
  return sha256(linkSecret(ticketKey, id, generation)).toString('hex');
}

/** The moment `ttlSec` from now, within what a date can hold. */
export function expiryAfter(now: Date, ttlSec: number): Date {
  return new Date(Math.min(now.getTime() + ttlSec * 1000, Date.UTC(9999, 0, 1)));
}
