import { createLocalJWKSet, errors, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { ApiError } from './errors.ts';

/** Who asks: the application a token was issued to, and what it may do. */
export type Caller = { clientId: string; subject: string; scopes: ReadonlySet<string> };

export type AuthenticateDeps = {
  publicUrl: string;
  clock: { now(): Date };
  publicKeys(): Promise<JWK[]>;
  clientExists(clientId: string): Promise<boolean>;
};

const REMEMBERED_TOKENS = 1000;
// A client that was deleted loses access within this time.
const CLIENT_CHECK_MS = 1000;
const KEYS_MS = 60_000;
// A key that was revoked stops working within this time and the one above.
const REMEMBER_MS = 60_000;

/**
 * Makes the function that turns an Authorization header into a {@link Caller} or throws 400, 401 in the recorded words.
 * Accepts only RS256 tokens that this server signed for its own management audience.
 */
export function createAuthenticate(
  deps: AuthenticateDeps,
): (authorization: string | undefined) => Promise<Caller> {
  const remembered = new Map<string, { caller: Caller; until: number }>();
  const clients = new Map<string, { exists: boolean; checkedAt: number }>();
  let keys: { list: JWK[]; readAt: number } = { list: [], readAt: Number.NEGATIVE_INFINITY };
  const nowMs = () => deps.clock.now().getTime();

  async function currentKeys(fresh: boolean): Promise<JWK[]> {
    // A made-up key id must not cost a query each time.
    const age = nowMs() - keys.readAt;
    if (age > KEYS_MS || (fresh && age > 1000)) {
      keys = { list: await deps.publicKeys(), readAt: nowMs() };
    }
    return keys.list;
  }

  async function verify(token: string): Promise<JWTPayload> {
    const check = async (fresh: boolean) =>
      jwtVerify(token, createLocalJWKSet({ keys: await currentKeys(fresh) }), {
        issuer: `${deps.publicUrl}/`,
        audience: `${deps.publicUrl}/api/v2/`,
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'sub'],
        currentDate: deps.clock.now(),
      });
    try {
      return (await check(false)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await check(true)).payload;
    }
  }

  async function callerOf(token: string): Promise<Caller> {
    const key = sha256(token).toString('base64');
    const known = remembered.get(key);
    if (known && known.until > nowMs()) return known.caller;
    remembered.delete(key);
    let payload: JWTPayload;
    try {
      payload = await verify(token);
    } catch (error) {
      throw unauthorized(error);
    }
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
    remembered.set(key, {
      caller,
      until: Math.min((payload.exp ?? 0) * 1000, nowMs() + REMEMBER_MS),
    });
    return caller;
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
    const caller = await callerOf(token);
    if (!(await clientIsThere(caller.clientId))) throw new ApiError(401, 'Invalid token.');
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
