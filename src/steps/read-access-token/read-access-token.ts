import { createLocalJWKSet, errors, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { loginEpoch } from '../../records/oidc-payloads/oidc-payloads.ts';

/** A valid JWT access token of this server. */
export type AccessToken = {
  /** A user, or the application itself: `<client id>@clients`. */
  subject: string;
  /** The application that the token was issued to. */
  clientId: string;
  scopes: ReadonlySet<string>;
  claims: JWTPayload;
};

export type TokenVerdict =
  | { kind: 'valid'; token: AccessToken }
  /** The token has expired. */
  | { kind: 'expired' }
  /** No key of this server has signed it. */
  | { kind: 'foreign' }
  | { kind: 'malformed' }
  /** The login of the token was ended, for example by a change of password. */
  | { kind: 'over' };

/** Recently verified tokens, by their hash. */
export type TokenMemory = Map<string, Remembered>;

type Remembered = { token: AccessToken; kid: string | undefined; until: number };

export type TokenReader = {
  db: Db;
  clock: { now(): Date };
  /** Without a trailing slash. The issuer has one. */
  publicUrl: string;
  /** Returns the public halves of the current keys. */
  publicKeys(): Promise<JWK[]>;
  /** The audience that the token must contain. */
  audience: string;
  algorithms: string[];
  /** Saves the verification of the same signature for 1 minute, as long as its key is current. */
  memory?: TokenMemory;
};

const REMEMBERED_TOKENS = 1000;
const REMEMBER_MS = 60_000;

/**
 * Reads a JWT access token (RFC 7519, RFC 9068) for every endpoint that takes one. A user's token counts only in the epoch of their login,
 * whatever other audiences it has.
 * @throws Error for faults that are not the token's
 */
export async function readAccessToken(reader: TokenReader, text: string): Promise<TokenVerdict> {
  let token: AccessToken | null;
  try {
    token = await verify(reader, text);
  } catch (error) {
    return { kind: whyNot(error) };
  }
  if (token === null) return { kind: 'malformed' };
  const { subject, clientId, claims } = token;
  const isOfPerson = subject !== `${clientId}@clients`;
  if (isOfPerson && !(await loginEpoch.isValid(reader.db, subject, claims[loginEpoch.claim]))) {
    return { kind: 'over' };
  }
  return { kind: 'valid', token };
}

async function verify(reader: TokenReader, text: string): Promise<AccessToken | null> {
  const { memory } = reader;
  const now = reader.clock.now();
  const keys = await reader.publicKeys();
  const hash = memory ? sha256(text).toString('base64') : '';
  const known = memory?.get(hash);
  const isGood = known && known.until > now.getTime() && keys.some(({ kid }) => kid === known.kid);
  if (isGood) return known.token;
  memory?.delete(hash);
  const { payload, protectedHeader } = await jwtVerify(text, createLocalJWKSet({ keys }), {
    issuer: `${reader.publicUrl}/`,
    audience: reader.audience,
    algorithms: reader.algorithms,
    requiredClaims: ['exp', 'sub'],
    currentDate: now,
  });
  // `azp` names the application, or `client_id` in the form of RFC 9068.
  const { sub = '', azp, client_id: named, scope, exp = 0 } = payload;
  const clientId = azp ?? named;
  if (typeof clientId !== 'string') return null;
  const scopes = new Set(typeof scope === 'string' ? scope.split(' ') : []);
  const token = { subject: sub, clientId, scopes, claims: payload };
  const until = Math.min(exp * 1000, now.getTime() + REMEMBER_MS);
  if (memory) remember(memory, hash, { token, kid: protectedHeader.kid, until });
  return token;
}

function remember(memory: TokenMemory, hash: string, what: Remembered): void {
  const oldest = memory.size < REMEMBERED_TOKENS ? undefined : memory.keys().next().value;
  if (oldest !== undefined) memory.delete(oldest);
  memory.set(hash, what);
}

function whyNot(error: unknown): 'expired' | 'foreign' | 'malformed' {
  if (error instanceof errors.JWTExpired) return 'expired';
  const isForeign =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey;
  if (isForeign) return 'foreign';
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
}
