import { createLocalJWKSet, errors, type JWK, type JWTVerifyResult, jwtVerify } from 'jose';
import { sha256 } from '../../../platform/crypto/crypto.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { ApiError } from './errors.ts';

/** Who asks: the application a token was issued to, and what it may do. */
export type Caller = { clientId: string; subject: string; scopes: ReadonlySet<string> };

export type AuthenticateDeps = {
  publicUrl: string;
  clock: { now(): Date };
  publicKeys(): Promise<JWK[]>;
  clientExists(clientId: string): Promise<boolean>;
  /** By which a person's token ends with their sessions. */
  epochOf(userId: string): Promise<number>;
};

type Verified = { caller: Caller; epoch: unknown };

type KeySet = {
  set: ReturnType<typeof createLocalJWKSet>;
  names: ReadonlySet<string | undefined>;
  readAt: number;
};

const REMEMBERED_TOKENS = 1000;
// A client that was deleted loses access within this time.
const CLIENT_CHECK_MS = 1000;
// A key that was revoked stops working within this time.
const KEYS_MS = 1000;
const REMEMBER_MS = 60_000;

/**
 * Makes the function that turns an Authorization header into a {@link Caller} or throws 400, 401 in the recorded words.
 * Accepts only RS256 tokens that this server signed for its own management audience.
 */
export function createAuthenticate(
  deps: AuthenticateDeps,
): (authorization: string | undefined) => Promise<Caller> {
  const remembered = new Map<
    string,
    { verified: Verified; kid: string | undefined; until: number }
  >();
  const clients = new Map<string, { exists: boolean; checkedAt: number }>();
  let keys: KeySet = {
    set: createLocalJWKSet({ keys: [] }),
    names: new Set(),
    readAt: Number.NEGATIVE_INFINITY,
  };
  const nowMs = () => deps.clock.now().getTime();

  async function currentKeys(): Promise<KeySet> {
    if (nowMs() - keys.readAt > KEYS_MS) {
      const list = await deps.publicKeys();
      const names = new Set(list.map((jwk) => jwk.kid));
      keys = { set: createLocalJWKSet({ keys: list }), names, readAt: nowMs() };
    }
    return keys;
  }

  async function verify(token: string, { set }: KeySet) {
    return jwtVerify(token, set, {
      issuer: `${deps.publicUrl}/`,
      audience: `${deps.publicUrl}/api/v2/`,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'sub'],
      currentDate: deps.clock.now(),
    });
  }

  async function read(token: string): Promise<Verified> {
    const key = sha256(token).toString('base64');
    const known = remembered.get(key);
    const current = await currentKeys();
    if (known && known.until > nowMs() && current.names.has(known.kid)) return known.verified;
    remembered.delete(key);
    let result: JWTVerifyResult;
    try {
      result = await verify(token, current);
    } catch (error) {
      throw unauthorized(error);
    }
    const { payload, protectedHeader } = result;
    const clientId = payload.azp ?? payload.client_id;
    if (typeof clientId !== 'string') throw new ApiError(401, 'Invalid token.');
    const caller: Caller = {
      clientId,
      subject: payload.sub ?? '',
      scopes: new Set(typeof payload.scope === 'string' ? payload.scope.split(' ') : []),
    };
    if (remembered.size >= REMEMBERED_TOKENS) {
      const oldest = remembered.keys().next().value;
      if (oldest !== undefined) remembered.delete(oldest);
    }
    const verified = { caller, epoch: payload[loginEpoch.claim] };
    remembered.set(key, {
      verified,
      kid: protectedHeader.kid,
      until: Math.min((payload.exp ?? 0) * 1000, nowMs() + REMEMBER_MS),
    });
    return verified;
  }

  async function isOver({ caller, epoch }: Verified): Promise<boolean> {
    if (caller.subject === `${caller.clientId}@clients`) return false;
    return epoch !== (await deps.epochOf(caller.subject));
  }

  async function clientIsThere(clientId: string): Promise<boolean> {
    const known = clients.get(clientId);
    if (known && nowMs() - known.checkedAt < CLIENT_CHECK_MS) return known.exists;
    if (clients.size >= REMEMBERED_TOKENS) clients.clear();
    const exists = await deps.clientExists(clientId);
    clients.set(clientId, { exists, checkedAt: nowMs() });
    return exists;
  }

  return async (authorization) => {
    if (authorization === undefined || authorization === '') {
      throw new ApiError(401, 'Missing authentication');
    }
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) {
      throw new ApiError(400, 'Bad HTTP authentication header format', 'Bearer');
    }
    const verified = await read(token);
    const { caller } = verified;
    if (!(await clientIsThere(caller.clientId)) || (await isOver(verified))) {
      throw new ApiError(401, 'Invalid token.');
    }
    return caller;
  };
}

function unauthorized(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return new ApiError(401, 'Expired token received for JSON Web Token validation');
  }
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey
  ) {
    return new ApiError(401, 'Invalid signature received for JSON Web Token validation.');
  }
  if (error instanceof errors.JOSEError) return new ApiError(401, 'Invalid token.');
  return error;
}

/** Throws 403 unless the caller holds one of `scopes`. */
export function requireScope(caller: Caller, scopes: readonly string[]): void {
  if (scopes.some((scope) => caller.scopes.has(scope))) return;
  throw new ApiError(
    403,
    `Insufficient scope, expected any of: ${scopes.join(',')}`,
    'insufficient_scope',
  );
}
