import type { Effects } from '../route/route.ts';

/** Fields of the bodies of POST and PATCH /resource-servers that have no effect. */
export const API_EFFECTS: Effects = {
  signing_alg: { only: ['RS256', 'PS256', 'HS256'], because: 'Usher supports no other algorithms' },
  skip_consent_for_verifiable_first_party_clients: {
    only: [true],
    because: 'Usher does not ask for consent for first-party applications',
    shown: true,
  },
  allow_online_access: { only: [false], because: 'Usher does not bind tokens to a session' },
  allow_online_access_with_ephemeral_sessions: {
    only: [false],
    because: 'Usher does not bind tokens to a session',
  },
  authorization_details: { only: [[]], because: 'Usher has no rich authorization requests' },
  consent_policy: { only: [], because: 'Usher has no transactions that require consent' },
  authorization_policy: { only: [], because: 'Usher has no authorization policies' },
  token_encryption: { only: [], because: 'tokens are signed and not encrypted' },
  proof_of_possession: {
    only: [],
    off: { mechanism: 'mtls', required_for: 'public_clients' },
    because: 'Usher does not bind tokens to a key',
  },
};
