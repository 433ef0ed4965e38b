import { decrypt } from '../../platform/crypto/crypto.ts';
import type { Credential, WebAuthnKind } from './credential.ts';

export type MethodKind =
  | 'totp'
  | 'phone'
  | 'email'
  | 'recovery-code'
  | 'push-notification'
  | WebAuthnKind;

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
  /** Of a security key or passkey. */
  credential: Credential | null;
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
  credential_id: string | null;
  relying_party: string | null;
  public_key: Uint8Array | null;
  sign_count: number;
  user_handle: string | null;
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
    credential: toCredential(row),
    createdAt: row.created_at,
    enrolledAt: row.enrolled_at,
    lastAuthAt: row.last_auth_at,
  };
}

const NO_AAGUID = '00000000-0000-0000-0000-000000000000';

function toCredential(row: MethodRow): Credential | null {
  const {
    credential_id: credentialId,
    relying_party: relyingParty,
    public_key: key,
    details,
  } = row;
  if (credentialId === null || relyingParty === null || key === null) return null;
  const { aaguid, deviceType, isBackedUp, transports } = details;
  return {
    credentialId,
    relyingParty,
    publicKey: Buffer.from(key).toString('base64url'),
    counter: row.sign_count,
    userHandle: row.user_handle ?? '',
    aaguid: typeof aaguid === 'string' ? aaguid : NO_AAGUID,
    deviceType: deviceType === 'multi_device' ? 'multi_device' : 'single_device',
    isBackedUp: isBackedUp === true,
    transports: Array.isArray(transports) ? transports.map(String) : [],
  };
}

/**
 * Decrypts a secret.
 * @param sealed bytes from the database: a Buffer, or PGlite's Uint8Array
 */
export function openSecret(key: Buffer, sealed: Uint8Array): string {
  return decrypt(key, Buffer.from(sealed));
}
