import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { Db } from '../../../platform/db/db.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { badRequest } from '../route/route.ts';

export type LinkTokenDeps = {
  db: Db;
  publicUrl: string;
  clock: { now(): Date };
  publicKeys(): Promise<JWK[]>;
};

const MOST_AGE = '30 days';

/**
 * Returns the subject of the ID token given as `link_with`. The token must be valid and issued to the calling application,
 * which proves that the secondary user has just signed in there.
 * @param clientId the application that the calling token was issued to
 * @returns the user's id
 * @throws ApiError 400 with Auth0's documented message
 */
export async function subjectOfLinkToken(
  deps: LinkTokenDeps,
  token: string,
  clientId: string,
): Promise<string> {
  const { alg, payload } = read(token);
  if (alg !== 'RS256') throw badRequest('JWT (link_with) must have an alg of RS256.');
  const issuer = `${deps.publicUrl}/`;
  if (payload.iss !== issuer) {
    throw badRequest('JWT (link_with) must have the same issuer as the calling user.');
  }
  const { aud, sub } = payload;
  if (typeof aud !== 'string' && !Array.isArray(aud)) {
    throw badRequest('JWT (link_with) contains an invalid aud claim.');
  }
  if (![aud].flat().includes(clientId)) {
    throw badRequest(
      "JWT (link_with) must have an aud claim that matches that of the calling token's azp.",
    );
  }
  if (sub === undefined) throw badRequest('JWT (link_with) must contains sub claim.');
  if (typeof sub !== 'string' || !/^[^|]+\|./.test(sub)) {
    throw badRequest('JWT (link_with) contains an invalid sub claim.');
  }
  try {
    await jwtVerify(token, createLocalJWKSet({ keys: await deps.publicKeys() }), {
      issuer,
      audience: clientId,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat', 'sub'],
      // The secondary user has just signed in, so a short age is enough. Epochs of users who were deleted longer ago are no
      // longer stored.
      maxTokenAge: MOST_AGE,
      currentDate: deps.clock.now(),
    });
  } catch (error) {
    throw error instanceof errors.JOSEError ? invalid() : error;
  }
  if (!(await loginEpoch.isValid(deps.db, sub, payload[loginEpoch.claim]))) {
    throw badRequest('JWT (link_with) is from a login that has ended. Log in again.');
  }
  return sub;
}

function read(token: string): { alg: unknown; payload: JWTPayload } {
  try {
    return { alg: decodeProtectedHeader(token).alg, payload: decodeJwt(token) };
  } catch {
    throw invalid();
  }
}

function invalid() {
  return badRequest('Invalid token (link_with).');
}
