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
export const OTHER_ANSWERS: string[] = [];
