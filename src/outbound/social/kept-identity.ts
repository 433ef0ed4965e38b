import type { ProvidedIdentity } from './provider.ts';

/** Returns what to keep of an identity until it counts, in JSON. The claims may be large, and nothing reads them later. */
export function keptIdentity(identity: ProvidedIdentity): ProvidedIdentity {
  return { ...identity, claims: {} };
}

/** Reads a kept identity back from JSON. */
export function identityFrom(stored: unknown): ProvidedIdentity {
  const identity = stored as ProvidedIdentity;
  const { expiresAt } = identity.tokens;
  return {
    ...identity,
    tokens: { ...identity.tokens, expiresAt: expiresAt === null ? null : new Date(expiresAt) },
  };
}
