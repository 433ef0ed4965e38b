import type { JWK } from 'jose';
import type { Db } from '../../../platform/db/db.ts';
import {
  readAccessToken,
  type TokenMemory,
  type TokenVerdict,
} from '../../../steps/read-access-token/read-access-token.ts';
import { ApiError } from './errors.ts';

/** The caller: the application that the token was issued to, and its scopes. */
export type Caller = { clientId: string; subject: string; scopes: ReadonlySet<string> };

export type AuthenticateDeps = {
  db: Db;
  publicUrl: string;
  clock: { now(): Date };
  publicKeys(): Promise<JWK[]>;
  clientExists(clientId: string): Promise<boolean>;
};

const REMEMBERED_CLIENTS = 1000;
// A client that was deleted loses access within this time.
const CLIENT_CHECK_MS = 1000;
// A key that was revoked stops working within this time.
const KEYS_MS = 1000;

/**
 * Creates the function that turns an Authorization header into a {@link Caller}. It accepts only RS256 tokens that this
 * server signed for its own management API.
 * @throws ApiError 400, 401 with Auth0's messages
 */
export function createAuthenticate(
  deps: AuthenticateDeps,
): (authorization: string | undefined) => Promise<Caller> {
  const memory: TokenMemory = new Map();
  const clients = new Map<string, { exists: boolean; checkedAt: number }>();
  let keys: { list: JWK[]; readAt: number } = { list: [], readAt: Number.NEGATIVE_INFINITY };
  const nowMs = () => deps.clock.now().getTime();

  async function publicKeys(): Promise<JWK[]> {
    if (nowMs() - keys.readAt > KEYS_MS) keys = { list: await deps.publicKeys(), readAt: nowMs() };
    return keys.list;
  }

  const audience = `${deps.publicUrl}/api/v2/`;
  const reader = { ...deps, publicKeys, audience, algorithms: ['RS256'], memory };

  async function clientIsThere(clientId: string): Promise<boolean> {
    const known = clients.get(clientId);
    if (known && nowMs() - known.checkedAt < CLIENT_CHECK_MS) return known.exists;
    if (clients.size >= REMEMBERED_CLIENTS) clients.clear();
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
    const read = await readAccessToken(reader, token);
    if (read.kind !== 'valid') throw new ApiError(401, WHY_NOT[read.kind]);
    const { clientId, subject, scopes } = read.token;
    if (!(await clientIsThere(clientId))) throw new ApiError(401, WHY_NOT.over);
    return { clientId, subject, scopes };
  };
}

const WHY_NOT: Record<Exclude<TokenVerdict['kind'], 'valid'>, string> = {
  expired: 'Expired token received for JSON Web Token validation',
  foreign: 'Invalid signature received for JSON Web Token validation.',
  malformed: 'Invalid token.',
  over: 'Invalid token.',
};

/** @throws ApiError 403 if the caller has none of `scopes` */
export function requireScope(caller: Caller, scopes: readonly string[]): void {
  if (scopes.some((scope) => caller.scopes.has(scope))) return;
  throw new ApiError(
    403,
    `Insufficient scope, expected any of: ${scopes.join(',')}`,
    'insufficient_scope',
  );
}
