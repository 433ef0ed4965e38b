/**
 * Every code of a {@link Refusal}, with what it means. A code that is not listed does not compile, and a test finds a code that nothing
 * throws. `http/management-api/route/errors.ts` has the status and the code of each on the wire.
 */
export const REFUSAL_CODES = {
  client_not_found: 'The application does not exist.',
  conflict: 'The identity already belongs to a user.',
  connection_not_found: 'The connection of the request does not exist any more.',
  directory_refused:
    'The legacy directory of the connection has declined the change, or cannot make it.',
  directory_unavailable: 'The legacy directory of the connection gave no usable answer.',
  file_too_large: 'The uploaded file is larger than the server accepts.',
  idempotency_key_reused: 'The idempotency key belongs to another request.',
  invalid_body: 'A value of the request is not allowed or refers to something that does not exist.',
  invitation_closed: 'The invitation is no longer pending, so it cannot be sent again.',
  invitation_not_found: 'The invitation does not exist.',
  name_taken: 'Another user of the connection has the email, username or phone number.',
  organization_not_found: 'The organization does not exist.',
  protected_target: 'The target is an administrator, or belongs to the console.',
  third_party_organizations: 'A third-party application cannot use organizations.',
  too_many_jobs: 'As many jobs of this type are running as the server allows.',
  unavailable: 'Too many trials of templates are waiting.',
  unknown_connection: 'A field of the request names a connection that does not exist.',
  user_exists: 'A user with one of these identifiers already exists in the connection.',
  user_not_found: 'The user does not exist.',
} as const;

export type RefusalCode = keyof typeof REFUSAL_CODES;
