import { sql } from 'kysely';

export type TicketKind =
  | 'password-change'
  | 'email-verification'
  | 'account-unblock'
  | 'factor-enrollment';

/** A one-time link. Its secret is derived from the id and never stored; the table has its hash. */
export type Ticket = {
  id: string;
  kind: TicketKind;
  userId: string;
  email: string | null;
  clientId: string | null;
  organizationId: string | null;
  resultUrl: string | null;
  markEmailAsVerified: boolean;
  includeEmailInRedirect: boolean;
  /** Whether the person may request a new link in place of this one, by mail. */
  renewable: boolean;
  jobId: string | null;
  /** Further details, in the issuer's terms. */
  details: Record<string, unknown>;
  createdAt: Date;
  expiresAt: Date;
  usedAt: Date | null;
  supersededAt: Date | null;
  /** Why it ended before it was used: a newer link was created, or the password was set in another way. */
  supersededBy: 'newer-link' | 'password' | null;
};

/** A row of the table, with its column names. */
export type TicketRow = {
  id: string;
  kind: TicketKind;
  user_id: string;
  email: string | null;
  client_id: string | null;
  organization_id: string | null;
  result_url: string | null;
  mark_email_as_verified: boolean;
  include_email_in_redirect: boolean;
  renewable: boolean;
  job_id: string | null;
  details: Record<string, unknown>;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
  superseded_at: Date | null;
  superseded_by: 'newer-link' | 'password' | null;
};

/** The columns of a {@link TicketRow}. */
export const TICKET_COLUMNS = sql.raw(
  'id, kind, user_id, email, client_id, organization_id, result_url, mark_email_as_verified, include_email_in_redirect, renewable, job_id, details, created_at, expires_at, used_at, superseded_at, superseded_by',
);

export function ticketFromRow(row: TicketRow): Ticket {
  return {
    id: row.id,
    kind: row.kind,
    userId: row.user_id,
    email: row.email,
    clientId: row.client_id,
    organizationId: row.organization_id,
    resultUrl: row.result_url,
    markEmailAsVerified: row.mark_email_as_verified,
    includeEmailInRedirect: row.include_email_in_redirect,
    renewable: row.renewable,
    jobId: row.job_id,
    details: row.details,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    supersededAt: row.superseded_at,
    supersededBy: row.superseded_by,
  };
}
