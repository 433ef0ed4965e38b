/** Kinds of security keys, which are second factors: a key that is plugged in, and the device itself. */
export const SECURITY_KEYS = ['webauthn-roaming', 'webauthn-platform'] as const;
export type SecurityKey = (typeof SECURITY_KEYS)[number];

/** Kinds of methods that are credentials of Web Authentication. */
export const WEBAUTHN_KINDS = ['passkey', ...SECURITY_KEYS] as const;
export type WebAuthnKind = (typeof WEBAUTHN_KINDS)[number];

/** A credential of Web Authentication. Binary values are base64url. */
export type Credential = {
  credentialId: string;
  /** The domain that it works at (RP ID). */
  relyingParty: string;
  /** In COSE form. */
  publicKey: string;
  /** The signature counter of the last use; 0 for an authenticator without one. */
  counter: number;
  /** What the authenticator knows the user by: random. Empty if an API client left it out. */
  userHandle: string;
  /** The model of the authenticator; all zeros if it does not say. */
  aaguid: string;
  deviceType: 'single_device' | 'multi_device';
  isBackedUp: boolean;
  transports: string[];
};

/** A new credential, whose authenticator has just shown to have the private key. */
export type VerifiedPasskey = Credential & { kind: WebAuthnKind };
