import type { Effects } from '../route/route.ts';

/** Of the bodies of POST and PATCH /resource-servers. */
export const API_EFFECTS: Effects = {
  signing_alg: { only: ['RS256', 'PS256', 'HS256'], because: 'other algorithms are not offered' },
  skip_consent_for_verifiable_first_party_clients: {
    only: [true],
    because: 'people are not asked whether an application of yours may act for them',
    shown: true,
  },
  allow_online_access: { only: [false], because: 'no token is bound to a session' },
  allow_online_access_with_ephemeral_sessions: {
    only: [false],
    because: 'no token is bound to a session',
  },
  authorization_details: { only: [[]], because: 'there are no rich authorization requests' },
  consent_policy: { only: [], because: 'there are no transactions that people consent to' },
  authorization_policy: { only: [], because: 'there are no authorization policies' },
  token_encryption: { only: [], because: 'tokens are signed and not encrypted' },
  proof_of_possession: {
    only: [],
    off: { mechanism: 'mtls', required_for: 'public_clients' },
    because: 'tokens are not bound to a key',
  },
};
