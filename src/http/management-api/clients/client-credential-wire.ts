import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type Static, Type } from 'typebox';
import {
  type ClientCredential,
  newCredentialId,
} from '../../../records/client-credentials/client-credentials.ts';
import { badRequest, closed, oneOf, timestamp } from '../route/route.ts';

const name = Type.String({ maxLength: 128, description: 'Friendly name for the credential' });
const alg = oneOf(['RS256', 'RS384', 'PS256'], {
  description: 'Algorithm of the signatures. Default: `RS256`.',
});
const kid = Type.String({
  pattern: '^([0-9a-zA-Z-_]{10,64})$',
  description: 'Key ID. If absent, Usher generates one.',
});

/** A public key in a body. */
export const credentialBody = closed({
  credential_type: oneOf(['public_key', 'cert_subject_dn', 'x509_cert'], {
    description: 'Type of the credential. This version supports only `public_key`.',
  }),
  name: Type.Optional(name),
  pem: Type.Optional(
    Type.String({
      maxLength: 10_000,
      description: 'PEM-formatted RSA public key (SPKI or PKCS1) or X509 certificate',
    }),
  ),
  subject_dn: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'Subject for mTLS, which this version does not support',
    }),
  ),
  alg: Type.Optional(alg),
  kid: Type.Optional(kid),
  parse_expiry_from_cert: Type.Optional(
    Type.Boolean({ description: 'Whether the credential expires together with its certificate' }),
  ),
  expires_at: Type.Optional(timestamp('When the credential expires. Default: never.')),
});

export const credentialSchema = Type.Object({
  id: Type.String({ description: 'ID of the credential' }),
  name: Type.Optional(name),
  credential_type: oneOf(['public_key']),
  kid: Type.String({ description: 'Key ID' }),
  alg,
  created_at: timestamp('When the credential was created'),
  updated_at: timestamp('When the credential was last changed'),
  expires_at: Type.Optional(timestamp('When the credential expires. Absent if it never expires.')),
});

const MIN_BITS = 2048;

/**
 * Turns the key in a body into the form that the records keep.
 * @throws ApiError 400 for a key that is not an RSA public key of at least 2048 bits
 */
export function toCredential(
  body: Static<typeof credentialBody>,
  { clientId, now }: { clientId: string; now: Date },
): ClientCredential {
  if (body.credential_type !== 'public_key') {
    throw badRequest(
      `This version does not support the credential_type ${body.credential_type}.`,
      'operation_not_supported',
    );
  }
  const { pem } = body;
  if (body.subject_dn !== undefined) {
    throw badRequest(
      "Payload validation error: 'must be left out, because a public key has no subject' on property subject_dn.",
    );
  }
  if (pem === undefined) {
    throw badRequest("Payload validation error: 'Missing required property: pem'.");
  }
  const key = publicKeyIn(pem);
  const { kty, n, e } = key.export({ format: 'jwk' });
  const jwk = { kty, n, e };
  return {
    id: newCredentialId(),
    clientId,
    name: body.name ?? '',
    kid: body.kid ?? thumbprint(jwk),
    alg: body.alg ?? 'RS256',
    publicJwk: jwk,
    expiresAt: expiryOf(body, pem),
    createdAt: now,
    updatedAt: now,
  };
}

function publicKeyIn(pem: string): KeyObject {
  const refused = (why: string) =>
    badRequest(`Payload validation error: '${why}' on property pem.`, 'invalid_body');
  // Node would accept a private key and use its public half. The caller should know about the mistake.
  if (pem.includes('PRIVATE KEY')) throw refused('Private key found. Send only the public key');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw refused('Not a PEM-formatted public key or certificate');
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_BITS) {
    throw refused(`Not an RSA key of at least ${MIN_BITS} bits`);
  }
  return key;
}

/** Key ID from the thumbprint of the key (RFC 7638). */
function thumbprint({ e, kty, n }: { e?: unknown; kty?: unknown; n?: unknown }): string {
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}

function expiryOf(body: Static<typeof credentialBody>, pem: string): Date | null {
  if (body.expires_at !== undefined) return new Date(body.expires_at);
  if (body.parse_expiry_from_cert !== true || !pem.includes('CERTIFICATE')) return null;
  return new Date(new X509Certificate(pem).validTo);
}

export function toCredentialWire(credential: ClientCredential): Static<typeof credentialSchema> {
  return {
    id: credential.id,
    ...(credential.name !== '' && { name: credential.name }),
    credential_type: 'public_key',
    kid: credential.kid,
    alg: credential.alg,
    created_at: credential.createdAt.toISOString(),
    updated_at: credential.updatedAt.toISOString(),
    ...(credential.expiresAt && { expires_at: credential.expiresAt.toISOString() }),
  };
}
