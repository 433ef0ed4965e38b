import type { SigningJwk } from '../../../records/signing-keys/signing-keys.ts';

/** The algorithms for tokens (RFC 7518, 3.3 and 3.5). Default: RS256. */
export const TOKEN_ALGS = ['RS256', 'PS256'];

/** @param asked the setting of a client or an API, which the management API has validated */
export function tokenAlg(asked: string | undefined): 'RS256' | 'PS256' {
  return asked === 'PS256' ? 'PS256' : 'RS256';
}

/**
 * Returns our keys under each algorithm. Verifiers rely on the algorithm in a published key, so each key appears a second time with its
 * own key ID, after the existing ones.
 */
export function underEachAlg<Key extends SigningJwk>(keys: readonly Key[]): Key[] {
  return [...keys, ...keys.map((key) => ({ ...key, alg: 'PS256', kid: `${key.kid}_ps256` }))];
}
