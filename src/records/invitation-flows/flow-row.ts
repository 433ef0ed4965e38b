/** How the person will log in. The password is there only as its hash. */
export type FlowCredential =
  | { kind: 'password'; phc: string; historySize: number }
  /** The person has logged in with the password of an account that exists, in this login epoch. */
  | { kind: 'existing'; userId: string; epoch: number; endsAt: string }
  /** The person has logged in with an account that exists, on a hosted page. `amr`: the methods that were shown (RFC 8176). */
  | { kind: 'account'; userId: string; epoch: number; amr: string[]; endsAt: string }
  /** The person has logged in with the passkey of an account that exists. `amr`: the methods that it shows (RFC 8176). */
  | { kind: 'existing-passkey'; userId: string; epoch: number; amr: string[]; endsAt: string }
  /**
   * An identity that a provider has proved, encrypted, in base64. `userId`: who has it already, in this login epoch. It counts until
   * `endsAt`.
   */
  | {
      kind: 'connection';
      connectionId: string;
      sealed: string;
      userId: string | null;
      epoch: number | null;
      endsAt: string;
    }
  /** A passkey that was registered, encrypted, in base64. */
  | { kind: 'passkey'; sealed: string }
  /** A code that was mailed to the invited address has been used up. `userId`: who has the address in the connection. */
  | { kind: 'code'; connectionId: string; userId: string | null; endsAt: string };

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

/** What was entered so far. It has its effect only when the flow completes. */
export type FlowState = {
  /** The campaign of the invitation at the start. An invitation that is made anew has another one, and may have another address. */
  campaignId: string | null;
  profile: Record<string, unknown> | null;
  credential: FlowCredential | null;
  phone: FlowPhone | null;
  totp: FlowTotp | null;
};

export type InvitationFlow = {
  id: string;
  invitationId: string;
  /** `null`: the invitation names no application. Then no page but the hosted ones can have the flow. */
  clientId: string | null;
  /** Raised by every change. */
  version: number;
  state: FlowState;
  createdAt: Date;
  expiresAt: Date;
  completedAt: Date | null;
};

export type FlowRow = {
  id: string;
  invitation_id: string;
  client_id: string | null;
  version: number;
  state: FlowState;
  created_at: Date;
  expires_at: Date;
  completed_at: Date | null;
};

export function flowFromRow(row: FlowRow): InvitationFlow {
  return {
    id: row.id,
    invitationId: row.invitation_id,
    clientId: row.client_id,
    version: row.version,
    state: row.state,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    completedAt: row.completed_at,
  };
}
