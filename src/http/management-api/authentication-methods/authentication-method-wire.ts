import { type Static, type TProperties, Type } from 'typebox';
import { canonicalEmail } from '../../../platform/email-address/email-address.ts';
import { textedPhoneNumber } from '../../../platform/phone-number/phone-number.ts';
import { fromBase32 } from '../../../platform/totp/totp.ts';
import type {
  AuthenticationMethod,
  Credential,
  NewMethod,
  VerifiedPasskey,
} from '../../../records/authentication-methods/authentication-methods.ts';
import { readPublicKey } from '../../../steps/verify-passkey/verify-passkey.ts';
import { badRequest, closed, oneOf, timestamp } from '../route/route.ts';

const maybe = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) => Type.Optional(schema);
const preferred = oneOf(['voice', 'sms'], {
  description: 'Preferred way in which codes reach the phone',
});

const base64url = '^[A-Za-z0-9_-]+$';
const uuid = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';

/** Properties of security keys and passkeys. */
const details = {
  key_id: maybe(
    Type.String({
      pattern: base64url,
      maxLength: 1364,
      description: 'Key ID of the credential, Base64url',
    }),
  ),
  public_key: maybe(
    Type.String({
      maxLength: 5000,
      description: 'Public key of the credential in COSE form, Base64 or Base64url',
    }),
  ),
  aaguid: maybe(Type.String({ pattern: uuid, description: 'AAGUID of the passkey' })),
  relying_party_identifier: maybe(
    Type.String({
      format: 'hostname',
      description: 'Domain of the credential. Default, and only one that works: that of the server',
    }),
  ),
  credential_device_type: maybe(oneOf(['single_device', 'multi_device'])),
  credential_backed_up: maybe(Type.Boolean()),
  identity_user_id: maybe(Type.String({ maxLength: 600 })),
  user_agent: maybe(Type.String({ maxLength: 2000 })),
  user_handle: maybe(Type.String({ pattern: base64url, maxLength: 86 })),
  transports: maybe(Type.Array(Type.String({ maxLength: 20 }), { maxItems: 7 })),
} satisfies TProperties;

const wanted = {
  totp_secret: maybe(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description: 'Secret of the authenticator app, Base32. It is never returned.',
    }),
  ),
  phone_number: maybe(
    Type.String({
      minLength: 2,
      maxLength: 30,
      description: 'Phone number with country code, such as +491701234567',
    }),
  ),
  email: maybe(
    Type.String({ minLength: 1, maxLength: 320, description: 'Email address that receives codes' }),
  ),
  preferred_authentication_method: maybe(preferred),
};

export const createMethodBody = closed({
  type: oneOf(['phone', 'email', 'totp', 'webauthn-roaming', 'passkey']),
  name: maybe(
    Type.String({ maxLength: 100, description: 'Name that the user gave to the method' }),
  ),
  ...wanted,
  ...details,
});

export const replaceMethodsBody = Type.Array(
  closed({
    type: oneOf(['phone', 'email', 'totp']),
    name: maybe(Type.String({ minLength: 1, maxLength: 20 })),
    ...wanted,
  }),
  { maxItems: 50 },
);

export const patchMethodBody = closed({
  name: maybe(Type.String({ maxLength: 100 })),
  preferred_authentication_method: maybe(preferred),
});

export const methodSchema = Type.Object({
  id: Type.String(),
  type: Type.String(),
  confirmed: maybe(Type.Boolean()),
  name: maybe(Type.String()),
  authentication_methods: maybe(
    Type.Array(Type.Object({ type: Type.String(), id: Type.String() })),
  ),
  preferred_authentication_method: maybe(preferred),
  phone_number: maybe(Type.String({ description: 'Phone number, masked except for its end' })),
  email: maybe(
    Type.String({ description: 'Email address, masked except for its first characters' }),
  ),
  ...details,
  created_at: timestamp('When the method was added'),
  enrolled_at: maybe(timestamp('When the user confirmed the method')),
  last_auth_at: maybe(timestamp('When the method was last used')),
});

type Wanted = Static<typeof createMethodBody>;
type FactorWanted = Omit<Wanted, 'type'> & { type: 'totp' | 'phone' | 'email' };
type PasskeyWanted = Omit<Wanted, 'type'> & { type: 'passkey' | 'webauthn-roaming' };

const NO_AAGUID = '00000000-0000-0000-0000-000000000000';

/**
 * Turns a body into a passkey or a security key that another server has registered for the same domain.
 * @param domains those that credentials can belong to here, the default first
 * @throws ApiError 400 if a field is missing or invalid, or if the credential belongs to another domain
 */
export function toPasskey(body: PasskeyWanted, domains: string[]): VerifiedPasskey {
  refuseOfOthers(body);
  const relyingParty = body.relying_party_identifier?.toLowerCase() ?? domains[0];
  if (relyingParty === undefined || !domains.includes(relyingParty)) {
    throw badRequest(
      `Payload validation error: 'must be ${domains.join(' or ') || 'left out'}, because credentials work only at the domain that they were made for' on property relying_party_identifier.`,
    );
  }
  const publicKey = readPublicKey(needed(body, 'public_key'));
  if (publicKey === null) throw wrong('public_key', 'cose-key');
  return {
    kind: body.type,
    credentialId: needed(body, 'key_id'),
    relyingParty,
    publicKey,
    counter: 0,
    userHandle: body.user_handle ?? '',
    aaguid: body.aaguid ?? NO_AAGUID,
    deviceType: body.credential_device_type ?? 'single_device',
    isBackedUp: body.credential_backed_up ?? false,
    transports: body.transports ?? [],
  };
}

/**
 * Turns a body into an authentication method.
 * @throws ApiError 400 if a field that the type requires is missing or invalid
 */
export function toNewMethod(userId: string, body: FactorWanted): NewMethod {
  const { type, name } = body;
  refuseOfOthers(body);
  const common = { userId, confirmed: true, ...(name !== undefined && { name }) };
  switch (type) {
    case 'totp': {
      const totpSecret = needed(body, 'totp_secret')
        .replace(/[\s=-]/g, '')
        .toUpperCase();
      if (fromBase32(totpSecret) === null) throw wrong('totp_secret', 'Base32');
      return { ...common, kind: type, totpSecret };
    }
    case 'phone': {
      const phoneNumber = textedPhoneNumber(needed(body, 'phone_number'));
      if (phoneNumber === null) throw wrong('phone_number', 'phone-number');
      const { preferred_authentication_method: chosen } = body;
      return { ...common, kind: type, phoneNumber, ...(chosen && { preferred: chosen }) };
    }
    case 'email': {
      const email = canonicalEmail(needed(body, 'email'));
      if (email === null) throw wrong('email', 'email');
      return { ...common, kind: type, email };
    }
  }
}

/** The fields of each type, beside its name. */
const FIELDS: Record<string, string[]> = {
  totp: ['totp_secret'],
  phone: ['phone_number', 'preferred_authentication_method'],
  email: ['email'],
  passkey: Object.keys(details),
  'webauthn-roaming': Object.keys(details),
};

function refuseOfOthers(body: Wanted): void {
  const known = FIELDS[body.type];
  const other = Object.keys(body).find(
    (name) => known && !['type', 'name', ...known].includes(name),
  );
  if (other !== undefined) throw noSuchField(body.type, other);
}

export function noSuchField(type: string, name: string) {
  return badRequest(
    `Payload validation error: 'must be left out, because a method of type ${type} has no such field' on property ${name}.`,
  );
}

function needed(
  body: Wanted,
  name: 'totp_secret' | 'phone_number' | 'email' | 'key_id' | 'public_key',
) {
  const value = body[name];
  if (value !== undefined) return value;
  throw badRequest(`Payload validation error: 'Missing required property: ${name}'.`);
}

function wrong(name: string, format: string) {
  return badRequest(
    `Payload validation error: 'Object didn't pass validation for format ${format}' on property ${name}.`,
  );
}

/** A method in wire format: masked, and without its secrets. */
export function toMethodWire(method: AuthenticationMethod, channels: ('sms' | 'voice')[]) {
  const { id, kind, preferred } = method;
  return {
    ...credentialWire(method.credential),
    id: `${kind}|${id}`,
    type: kind === 'push-notification' ? 'push' : kind,
    confirmed: method.confirmed,
    name: method.name ?? undefined,
    phone_number: maskedPhone(method.phoneNumber),
    email: maskedEmail(method.email),
    preferred_authentication_method: preferred ?? undefined,
    authentication_methods:
      kind === 'phone'
        ? channels.map((channel) => ({ id: `${channel}|${id}`, type: channel }))
        : undefined,
    created_at: method.createdAt.toISOString(),
    enrolled_at: method.enrolledAt?.toISOString(),
    last_auth_at: method.lastAuthAt?.toISOString(),
  };
}

function credentialWire(credential: Credential | null) {
  return (
    credential && {
      key_id: credential.credentialId,
      public_key: credential.publicKey,
      aaguid: credential.aaguid,
      relying_party_identifier: credential.relyingParty,
      credential_device_type: credential.deviceType,
      credential_backed_up: credential.isBackedUp,
      user_handle: credential.userHandle || undefined,
      transports: credential.transports,
    }
  );
}

/** Masks a phone number: `XXXXXXXXXX5044`. */
export function maskedPhone(number: string | null): string | undefined {
  return number === null
    ? undefined
    : 'X'.repeat(Math.max(0, number.length - 4)) + number.slice(-4);
}

/** Masks an email address: `chuc****@exam*******`. */
function maskedEmail(email: string | null): string | undefined {
  return email
    ?.split('@')
    .map((part) => {
      const shown = Math.min(4, Math.floor(part.length / 2));
      return part.slice(0, shown) + '*'.repeat(part.length - shown);
    })
    .join('@');
}
