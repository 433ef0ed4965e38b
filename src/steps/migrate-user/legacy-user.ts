import type { LegacyProfile } from '../../outbound/legacy-directory/legacy-directory.ts';
import { encrypt } from '../../platform/crypto/crypto.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { canonicalPhoneNumber } from '../../platform/phone-number/phone-number.ts';
import { type Connection, isUsername } from '../../records/connections/connections.ts';
import { reservedKeyOf } from '../../records/metadata/metadata.ts';
import type { NewUser } from '../../records/users/users.ts';

export type ReadLegacyUser =
  | { kind: 'user'; user: Omit<NewUser, 'now'> }
  /** A sentence for the operator. */
  | { kind: 'refused'; problem: string };

/**
 * Returns a legacy user in the form of a new one, by the rules that every new user of the connection meets. The profile itself was checked
 * by the directory.
 * @param key 32 bytes for AES-256-GCM, for the secrets of second factors
 */
export function readLegacyUser(
  connection: Connection,
  profile: LegacyProfile,
  key: Buffer,
): ReadLegacyUser {
  const { id: localId, email, phoneNumber, appMetadata, userMetadata, mfaFactors } = profile;
  // A name that the connection's rules exclude cannot be typed here. Its user has others.
  const username =
    profile.username !== null && isUsername(connection, profile.username) ? profile.username : null;
  if (email === null && username === null && phoneNumber === null) {
    return refused('The profile has no email address, user name or phone number to log in with.');
  }
  const reserved = reservedKeyOf(appMetadata);
  if (reserved !== undefined) {
    return refused(`app_metadata must not contain ${reserved}, which is reserved.`);
  }
  const factors = mfaFactors.map((factor) => readFactor(factor, key));
  if (factors.includes(null)) {
    return refused(
      'An entry of mfa_factors is none: it needs one of totp.secret in Base32, phone.value and email.value.',
    );
  }
  const { name, givenName, familyName, nickname, picture, phoneVerified } = profile;
  return {
    kind: 'user',
    user: {
      ...{ localId, connectionId: connection.id },
      ...{ email, emailVerified: email !== null && profile.emailVerified === true },
      ...{ username, phoneNumber, phoneVerified: phoneNumber === null ? null : phoneVerified },
      ...{ name, givenName, familyName, nickname, picture },
      appMetadata: filled(appMetadata),
      userMetadata: filled(userMetadata),
      mfaFactors: factors,
    },
  };
}

function refused(problem: string): ReadLegacyUser {
  return { kind: 'refused', problem };
}

function filled(metadata: Record<string, unknown>): Record<string, unknown> | null {
  return Object.keys(metadata).length === 0 ? null : metadata;
}

/** Returns a factor as an import stores it, or `null`. Leaving one out would let a person in without it. */
function readFactor(factor: unknown, key: Buffer): object | null {
  const secret = textIn(factor, 'totp', 'secret')?.replace(/[\s=]/g, '').toUpperCase();
  if (secret !== undefined) {
    if (!/^[A-Z2-7]{1,1024}$/.test(secret)) return null;
    return { totp: { sealed: encrypt(key, secret).toString('base64') } };
  }
  const number = canonicalPhoneNumber(textIn(factor, 'phone', 'value') ?? '');
  if (number !== null) return { phone: { value: number } };
  const email = canonicalEmail(textIn(factor, 'email', 'value') ?? '');
  return email === null ? null : { email: { value: email } };
}

function textIn(value: unknown, kind: string, name: string): string | undefined {
  const inner = fieldOf(value, kind);
  const text = fieldOf(inner, name);
  return typeof text === 'string' ? text : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
