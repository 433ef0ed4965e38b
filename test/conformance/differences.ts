/** Where we differ from the official document on purpose. Each line is checked: one that is no longer true fails. */

/** Routes that only we have. */
export const OURS_ALONE: string[] = [
  'DELETE /invitations/{}',
  'GET /invitations',
  'GET /invitations/{}',
  'GET /jobs/{}/report',
  'GET /jobs/{}/tickets',
  'POST /invitations',
  'POST /invitations/{}/resend',
  'POST /jobs/password-change-tickets',
];

/** Scopes other than those of the document's list. Its list also names those that only widen what another scope shows. */
export const OTHER_SCOPES: Record<string, { ours: string[]; because: string }> = {
  'GET /users': { ours: ['read:users'], because: 'read:user_idp_tokens only adds tokens' },
  'GET /users/{}': {
    ours: ['read:current_user', 'read:users'],
    because: 'read:user_idp_tokens only adds tokens',
  },
  'GET /users/{}/organizations': {
    ours: ['read:organizations', 'read:users'],
    because: 'its own words for 403 name both',
  },
  'POST /keys/signing/rotate': {
    ours: ['create:signing_keys'],
    because: 'both are needed together; the other one is looked at as well',
  },
  'POST /organizations': {
    ours: ['create:organizations'],
    because: 'create:organization_connections only lets a new organization begin with connections',
  },
};

/** Success statuses other than the document's, and why. */
export const OTHER_STATUSES: Record<string, { ours: string[]; because: string }> = {};

/** Query parameters of the document that we refuse. */
export const OTHER_QUERY: Record<string, string[]> = {};

/** Properties of closed request bodies that we refuse. */
export const UNKNOWN_FIELDS: Record<string, string[]> = {};

/**
 * Real answers that differ from the document, as the beginnings of what the recorder says (test/harness/recorder.ts): where
 * recorded traffic contradicts the document, we do as the traffic does.
 */
export const OTHER_ANSWERS: string[] = [
  // The recorded answer says when it was deleted.
  'DELETE /connections/{} 202: has a body',
  // Older clients read it, and recorded answers have it.
  'GET /clients/{}/connections 200: /connections/*/enabled_clients: not in the document',
  'GET /connections 200: /*/enabled_clients: not in the document',
  'GET /connections 200: /connections/*/enabled_clients: not in the document',
  'GET /connections/{} 200: /enabled_clients: not in the document',
  'PATCH /connections/{} 200: /enabled_clients: not in the document',
  'POST /connections 201: /enabled_clients: not in the document',
  // Where in the file the refused row stands.
  'GET /jobs/{}/errors 200: /*/row_number: not in the document',
  // Users can be read by checkpoint too.
  'GET /users 200: /next: not in the document',
];
