import { randomBytes } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type AuthenticationMethod,
  findPasskey,
  isWebAuthn,
  methodsOfUser,
  notePasskeyUse,
  type VerifiedPasskey,
  type WebAuthnKind,
} from '../../records/authentication-methods/authentication-methods.ts';
import {
  newWebAuthnChallenge,
  takeWebAuthnChallenge,
  WEBAUTHN_CHALLENGE_SECONDS,
} from '../../records/webauthn-challenges/webauthn-challenges.ts';
import { ALGORITHMS, readAuthentication, readRegistration } from './read-answer.ts';
import { type RelyingParty, relyingPartyHere } from './relying-party.ts';

export { readPublicKey } from './read-answer.ts';
export {
  credentialDomains,
  relyingPartyHere,
  relyingPartyOf,
  servesOrigin,
} from './relying-party.ts';

export type PasskeyDeps = {
  db: Db;
  clock: Clock;
  /** An origin without a trailing slash. */
  publicUrl: string;
};

const HANDLE_BYTES = 32;
const TIMEOUT_MS = WEBAUTHN_CHALLENGE_SECONDS * 1000;
const NO_TRANSPORTS: string[] = [];

/** What a security key must do besides proving that it is there. A passkey always verifies the user, and is kept by the authenticator. */
const DEMANDS = {
  passkey: { needsVerification: true, residentKey: 'required', attachment: undefined },
  'webauthn-roaming': {
    needsVerification: false,
    residentKey: 'discouraged',
    attachment: 'cross-platform',
  },
  'webauthn-platform': {
    needsVerification: true,
    residentKey: 'discouraged',
    attachment: 'platform',
  },
} as const;

/** `unavailable`: browsers offer no passkeys at the address of this page, or the user has none for its domain. */
type Begun<Options> = { kind: 'begun'; options: Options } | { kind: 'unavailable' };

/**
 * Begins to register a passkey or a security key.
 * @param input.boundTo names the browser and the login, or the link, that may answer within 5 minutes
 * @param input.user `id` is `null` for an account that does not exist yet; `name` is shown by authenticators
 * @returns the options for `navigator.credentials.create`
 */
export async function beginRegistration(
  { db, clock, publicUrl }: PasskeyDeps,
  input: {
    kind: WebAuthnKind;
    boundTo: string;
    serverName: string;
    user: { id: string | null; name: string; displayName: string };
  },
): Promise<Begun<PublicKeyCredentialCreationOptionsJSON>> {
  const { kind, boundTo, serverName, user } = input;
  const party = relyingPartyHere(publicUrl);
  if (party === null) return { kind: 'unavailable' };
  const known = user.id === null ? [] : await credentialsOf(db, user.id, party.id);
  // One handle per user, so that an authenticator replaces a passkey and does not collect several.
  const handle = known.find(({ userHandle }) => userHandle !== '')?.userHandle;
  const userHandle = handle ?? randomBytes(HANDLE_BYTES).toString('base64url');
  const { needsVerification, residentKey, attachment } = DEMANDS[kind];
  const challenge = await newWebAuthnChallenge(db, {
    ceremony: 'registration',
    kind,
    boundTo,
    relyingParty: party.id,
    userId: user.id,
    userHandle,
    needsVerification,
    now: clock.now(),
  });
  const options = await generateRegistrationOptions({
    rpName: serverName,
    rpID: party.id,
    userName: user.name,
    userDisplayName: user.displayName,
    userID: bytesOf(userHandle),
    challenge: new Uint8Array(challenge),
    timeout: TIMEOUT_MS,
    attestationType: 'none',
    excludeCredentials: known.map(descriptorOf),
    supportedAlgorithmIDs: ALGORITHMS,
    authenticatorSelection: {
      residentKey,
      requireResidentKey: residentKey === 'required',
      userVerification: needsVerification ? 'required' : 'discouraged',
      ...(attachment && { authenticatorAttachment: attachment }),
    },
  });
  return { kind: 'begun', options };
}

export type Registered =
  | { kind: 'verified'; passkey: VerifiedPasskey; userId: string | null }
  /** `over`: the challenge is unknown, used, expired or of another browser. */
  | { kind: 'malformed' | 'over' | 'invalid' };

/**
 * Verifies a registration (Web Authentication Level 3, 7.1). Stores nothing, and uses the challenge up, whatever the outcome.
 * @param input.answer the credential as JSON
 * @param input.pageOrigin an origin on the domain of the server, whose page has asked; absent: only our own pages count
 */
export async function finishRegistration(
  { db, clock, publicUrl }: PasskeyDeps,
  input: { kind: WebAuthnKind; boundTo: string; answer: string; pageOrigin?: string },
): Promise<Registered> {
  const { kind, boundTo } = input;
  const party = relyingPartyHere(publicUrl);
  const answer = readRegistration(input.answer);
  if (party === null || answer === null) return { kind: 'malformed' };
  const { challenge, response } = answer;
  const now = clock.now();
  const ceremony = 'registration';
  const used = await takeWebAuthnChallenge(db, { challenge, ceremony, kind, boundTo, now });
  if (used === null || used.userHandle === null) return { kind: 'over' };
  if (used.relyingParty !== party.id) return { kind: 'invalid' };
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: originsFor(party, input),
      expectedRPID: used.relyingParty,
      requireUserVerification: used.needsVerification,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) return { kind: 'invalid' };
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
    if (credential.id !== response.id) return { kind: 'invalid' };
    const passkey: VerifiedPasskey = {
      kind,
      credentialId: credential.id,
      relyingParty: used.relyingParty,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      userHandle: used.userHandle,
      aaguid,
      deviceType: credentialDeviceType === 'multiDevice' ? 'multi_device' : 'single_device',
      isBackedUp: credentialBackedUp,
      transports: response.response.transports ?? NO_TRANSPORTS,
    };
    return { kind: 'verified', passkey, userId: used.userId };
  } catch {
    return { kind: 'invalid' };
  }
}

/**
 * Begins a proof with a passkey or a security key.
 * @param input.userId the user whose security keys may answer; `null`: any passkey of any user, without a list of them
 * @returns the options for `navigator.credentials.get`
 */
export async function beginAuthentication(
  { db, clock, publicUrl }: PasskeyDeps,
  input: { kind: WebAuthnKind; boundTo: string; userId: string | null },
): Promise<Begun<PublicKeyCredentialRequestOptionsJSON>> {
  const { kind, boundTo, userId } = input;
  const party = relyingPartyHere(publicUrl);
  if (party === null) return { kind: 'unavailable' };
  const all = userId === null ? [] : await credentialsOf(db, userId, party.id);
  const known = all.filter((credential) => credential.kind === kind);
  if (userId !== null && known.length === 0) return { kind: 'unavailable' };
  const { needsVerification } = DEMANDS[kind];
  const challenge = await newWebAuthnChallenge(db, {
    ceremony: 'authentication',
    kind,
    boundTo,
    relyingParty: party.id,
    userId,
    userHandle: null,
    needsVerification,
    now: clock.now(),
  });
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    challenge: new Uint8Array(challenge),
    timeout: TIMEOUT_MS,
    userVerification: needsVerification ? 'required' : 'discouraged',
    allowCredentials: known.map(descriptorOf),
  });
  return { kind: 'begun', options };
}

export type Authenticated =
  | {
      kind: 'proved';
      method: AuthenticationMethod;
      /** Whether the authenticator has verified the user, with a PIN or a fingerprint. */
      isUserVerified: boolean;
      /** Whether a phone or a security key answered for this device. */
      isFromAnotherDevice: boolean;
    }
  /** `unknown`: no such credential, or one of another user. */
  | { kind: 'malformed' | 'over' | 'unknown' }
  /** `copied`: the counter of the credential has gone back, so a copy of it may exist. */
  | { kind: 'invalid' | 'copied'; method: AuthenticationMethod };

/**
 * Verifies a proof (Web Authentication Level 3, 7.2). Uses the challenge up, whatever the outcome, and notes the use of the credential.
 * @param input.answer the credential as JSON
 * @param input.pageOrigin as in {@link finishRegistration}
 */
export async function finishAuthentication(
  { db, clock, publicUrl }: PasskeyDeps,
  input: { kind: WebAuthnKind; boundTo: string; answer: string; pageOrigin?: string | undefined },
): Promise<Authenticated> {
  const { kind, boundTo } = input;
  const party = relyingPartyHere(publicUrl);
  const answer = readAuthentication(input.answer);
  if (party === null || answer === null) return { kind: 'malformed' };
  const { challenge, response, isFromAnotherDevice } = answer;
  const now = clock.now();
  const ceremony = 'authentication';
  const used = await takeWebAuthnChallenge(db, { challenge, ceremony, kind, boundTo, now });
  if (used === null) return { kind: 'over' };
  const { relyingParty, needsVerification } = used;
  if (relyingParty !== party.id) return { kind: 'unknown' };
  const method = await findPasskey(db, { relyingParty, credentialId: response.id });
  if (method?.credential == null || method.kind !== kind) return { kind: 'unknown' };
  if (used.userId !== null && used.userId !== method.userId) return { kind: 'unknown' };
  const { credential } = method;
  const { userHandle } = response.response;
  // A passkey names its user. A security key need not.
  const isNamed = credential.userHandle === '' || credential.userHandle === userHandle;
  if (userHandle === undefined ? kind === 'passkey' : !isNamed) return { kind: 'invalid', method };
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: originsFor(party, input),
      expectedRPID: relyingParty,
      requireUserVerification: needsVerification,
      credential: {
        id: credential.credentialId,
        publicKey: bytesOf(credential.publicKey),
        // The guarded UPDATE judges the counter, also between two proofs at once.
        counter: 0,
      },
    });
    if (!verified) return { kind: 'invalid', method };
    const { newCounter: counter, userVerified, credentialBackedUp } = authenticationInfo;
    const use = { id: method.id, counter, isBackedUp: credentialBackedUp, now };
    if (!(await notePasskeyUse(db, use))) return { kind: 'copied', method };
    return { kind: 'proved', method, isUserVerified: userVerified, isFromAnotherDevice };
  } catch {
    return { kind: 'invalid', method };
  }
}

function originsFor(
  { origins }: RelyingParty,
  { pageOrigin }: { pageOrigin?: string | undefined },
) {
  return pageOrigin === undefined ? origins : [...origins, pageOrigin];
}

async function credentialsOf(db: Db, userId: string, relyingParty: string) {
  const { methods } = await methodsOfUser(db, userId);
  return methods.flatMap((method) =>
    isWebAuthn(method) && method.credential?.relyingParty === relyingParty
      ? [{ kind: method.kind, ...method.credential }]
      : [],
  );
}

function descriptorOf({
  credentialId,
  transports,
}: {
  credentialId: string;
  transports: string[];
}) {
  return { id: credentialId, ...(transports.length > 0 && { transports }) };
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64url, 'base64url'));
}
