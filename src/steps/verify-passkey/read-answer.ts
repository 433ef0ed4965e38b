import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import {
  cose,
  decodeAttestationObject,
  decodeCredentialPublicKey,
} from '@simplewebauthn/server/helpers';

/** Far more than browsers send: an answer has a key, a signature and a few names. */
const LONGEST_ANSWER = 16_384;
// The limit of the specification, in base64url (Web Authentication Level 3, 4, "Credential ID").
const LONGEST_ID = 1364;
const BASE64URL = /^[\w-]+$/;
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

type Answered<Response> = { challenge: Buffer; response: Response };

/** EdDSA, ES256 and RS256 (IANA, COSE Algorithms). */
export const ALGORITHMS = [-8, -7, -257];

/**
 * Reads a public key in COSE form.
 * @param text base64 or base64url
 * @returns the key as base64url, or `null` if it is none of a known algorithm
 */
export function readPublicKey(text: string): string | null {
  const key = Buffer.from(text, 'base64');
  try {
    const algorithm = decodeCredentialPublicKey(new Uint8Array(key)).get(cose.COSEKEYS.alg);
    return ALGORITHMS.some((known) => known === algorithm) ? key.toString('base64url') : null;
  } catch {
    return null;
  }
}

/** Reads the JSON with which a page answers `navigator.credentials.create`. Returns `null` for anything else. */
export function readRegistration(text: string): Answered<RegistrationResponseJSON> | null {
  const read = readAnswer(text);
  if (read === null) return null;
  const { id, challenge, clientDataJSON, inner } = read;
  const attestationObject = base64urlIn(inner, 'attestationObject');
  if (attestationObject === null || !hasPlainAttestation(attestationObject)) return null;
  const transports = Array.isArray(inner.transports) ? inner.transports : [];
  return {
    challenge,
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON,
        attestationObject,
        transports: TRANSPORTS.filter((known) => transports.includes(known)),
      },
    },
  };
}

/** Reads the JSON with which a page answers `navigator.credentials.get`. Returns `null` for anything else. */
export function readAuthentication(
  text: string,
): (Answered<AuthenticationResponseJSON> & { isFromAnotherDevice: boolean }) | null {
  const read = readAnswer(text);
  if (read === null) return null;
  const { id, challenge, clientDataJSON, inner } = read;
  const authenticatorData = base64urlIn(inner, 'authenticatorData');
  const signature = base64urlIn(inner, 'signature');
  if (authenticatorData === null || signature === null) return null;
  const userHandle = base64urlIn(inner, 'userHandle');
  return {
    challenge,
    isFromAnotherDevice: read.attachment === 'cross-platform',
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON,
        authenticatorData,
        signature,
        ...(userHandle !== null && { userHandle }),
      },
    },
  };
}

type Fields = Record<string, unknown>;

function readAnswer(text: string): {
  id: string;
  challenge: Buffer;
  clientDataJSON: string;
  attachment: unknown;
  inner: Fields;
} | null {
  if (text.length > LONGEST_ANSWER) return null;
  const answer = objectIn(text);
  const { response: inner } = answer ?? {};
  if (answer === null || !isFields(inner)) return null;
  const id = base64urlIn(answer, 'id');
  const clientDataJSON = base64urlIn(inner, 'clientDataJSON');
  if (id === null || id.length > LONGEST_ID || clientDataJSON === null) return null;
  const clientData = objectIn(Buffer.from(clientDataJSON, 'base64url').toString('utf8'));
  const challenge = clientData && base64urlIn(clientData, 'challenge');
  if (!challenge) return null;
  return {
    id,
    challenge: Buffer.from(challenge, 'base64url'),
    clientDataJSON,
    attachment: answer.authenticatorAttachment,
    inner,
  };
}

/**
 * Returns whether an attestation has no certificates. Usher asks for none, and a certificate names addresses that a verifier opens to look
 * for revocations.
 */
function hasPlainAttestation(attestationObject: string): boolean {
  try {
    const decoded = decodeAttestationObject(
      new Uint8Array(Buffer.from(attestationObject, 'base64url')),
    );
    const format = decoded.get('fmt');
    if (format === 'none') return true;
    return format === 'packed' && decoded.get('attStmt').get('x5c') === undefined;
  } catch {
    return false;
  }
}

function objectIn(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function base64urlIn(fields: Fields, name: string): string | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === 'string' && BASE64URL.test(value) ? value : null;
}
