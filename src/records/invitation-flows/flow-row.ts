/** What a flow is about: an invitation, a link to set a new password, or the sign-up of a new person. */
export type FlowSubject = { kind: 'invitation' | 'reset' | 'sign-up'; id: string };

/** How the person will log in. The password is there only as its hash. */
export type FlowCredential =
  | { kind: 'password'; phc: string; historySize: number }
  /** The person has logged in with the password of an account that exists, in this login epoch. */
  | { kind: 'existing'; userId: string; epoch: number; isFactorShown?: boolean };

/** A code that was sent, with the number of tries. The code is derived from the id and stored nowhere. */
export type SentCode = { id: string; endsAt: string; tries: number };

/** A phone as second factor. `code` is absent after the right code, and before one is sent. */
export type FlowPhone = {
  number: string;
  /** How many messages this flow has sent. */
  sent: number;
  code: SentCode | null;
  isProved: boolean;
};

/** An authenticator application as second factor. The secret is encrypted, in base64. */
export type FlowTotp = { sealed: string; tries: number; step: number | null };

/** The address of a sign-up, which a code proves. */
export type FlowMail = {
  email: string;
  connectionId: string;
  sent: number;
  code: SentCode | null;
  isProved: boolean;
};

/** What was entered so far. It has its effect only when the flow completes. */
export type FlowState = {
  profile: Record<string, unknown> | null;
  credential: FlowCredential | null;
  phone: FlowPhone | null;
  totp: FlowTotp | null;
  mail: FlowMail | null;
};

export type InvitationFlow = {
  id: string;
  subject: FlowSubject;
  clientId: string;
  /** Raised by every change. */
  version: number;
  state: FlowState;
  createdAt: Date;
  expiresAt: Date;
  completedAt: Date | null;
};

export type FlowRow = {
  id: string;
  kind: FlowSubject['kind'];
  subject_id: string;
  client_id: string;
  version: number;
  state: FlowState;
  created_at: Date;
  expires_at: Date;
  completed_at: Date | null;
};

export function flowFromRow(row: FlowRow): InvitationFlow {
  return {
    id: row.id,
    subject: { kind: row.kind, id: row.subject_id },
    clientId: row.client_id,
    version: row.version,
    state: row.state,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    completedAt: row.completed_at,
  };
}
