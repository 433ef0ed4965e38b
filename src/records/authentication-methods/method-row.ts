import { decrypt } from '../../platform/crypto/crypto.ts';

export type MethodKind =
  | 'totp'
  | 'phone'
  | 'email'
  | 'recovery-code'
  | 'push-notification'
  | 'webauthn-roaming'
  | 'webauthn-platform'
  | 'passkey';

/** A second factor: how a person proves their identity besides the password. */
export type AuthenticationMethod = {
  /** `dev_…`; the API puts the kind before it. */
  id: string;
  userId: string;
  kind: MethodKind;
  name: string | null;
  /** Whether the person has shown once that it works. */
  confirmed: boolean;
  phoneNumber: string | null;
  email: string | null;
  preferred: 'sms' | 'voice' | null;
  /** Properties of a security key or passkey, under their API names. */
  details: Record<string, unknown>;
  createdAt: Date;
  enrolledAt: Date | null;
  lastAuthAt: Date | null;
};

export type MethodRow = {
  id: string;
  user_id: string;
  kind: MethodKind;
  name: string | null;
  confirmed: boolean;
  secret: Buffer | null;
  code_hash: Buffer | null;
  phone_number: string | null;
  email: string | null;
  preferred: 'sms' | 'voice' | null;
  last_step: number | null;
  details: Record<string, unknown>;
  created_at: Date;
  enrolled_at: Date | null;
  updated_at: Date | null;
  last_auth_at: Date | null;
};

/** Converts a row, without its secrets. */
export function toMethod(row: MethodRow): AuthenticationMethod {
  return {
    id: row.id,
    userId: row.user_id,
    kind: row.kind,
    name: row.name,
    confirmed: row.confirmed,
    phoneNumber: row.phone_number,
    email: row.email,
    preferred: row.preferred,
    details: row.details,
    createdAt: row.created_at,
    enrolledAt: row.enrolled_at,
    lastAuthAt: row.last_auth_at,
  };
}

/**
 * Decrypts a secret.
 * @param sealed bytes from the database: a Buffer, or PGlite's Uint8Array
 */
export function openSecret(key: Buffer, sealed: Uint8Array): string {
  return decrypt(key, Buffer.from(sealed));
}
