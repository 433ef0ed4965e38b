import type { SigningJwk } from '../../../records/signing-keys/signing-keys.ts';

/** How tokens are signed: RS256 unless a client or an API asks for the other (RFC 7518, 3.3 and 3.5). */
export const TOKEN_ALGS = ['RS256', 'PS256'];

/** @param asked what a client or an API has in its settings; anything else was refused when it was asked for */
export function tokenAlg(asked: string | undefined): 'RS256' | 'PS256' {
  return asked === 'PS256' ? 'PS256' : 'RS256';
}

/**
 * Our keys under each algorithm. A published key names its algorithm, and verifiers hold us to it; so the same key is there a second
 * time, under a name of its own, after those that everybody knows.
 */
export function underEachAlg<Key extends SigningJwk>(keys: readonly Key[]): Key[] {
  return [...keys, ...keys.map((key) => ({ ...key, alg: 'PS256', kid: `${key.kid}_ps256` }))];
}
