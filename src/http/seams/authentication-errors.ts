/** When a code occurs, and what the application can do. */
type Explanation = { when: string; action: string };

/**
 * Every code that the Authentication API itself sends, in `error` or `code`. `npm run docs:errors` writes `docs/reference/errors.md` from
 * this list. A code that is not listed does not compile, and a test finds a code that nothing sends. The OpenID Connect library has more
 * codes: see `scripts/error-reference/library-codes.ts`.
 */
export const AUTHENTICATION_ERRORS = {
  access_denied: {
    when: 'The application, the user or the organization may not do this, or the user canceled.',
    action: 'Check the credentials and permissions that the description names.',
  },
  association_required: {
    when: 'The user has no second factor yet.',
    action: 'Enroll one with `POST /mfa/associate`.',
  },
  authorization_pending: {
    when: 'The user has not yet confirmed the login on the other device.',
    action: 'Repeat the request after `interval` seconds.',
  },
  'bad.authParams': {
    when: '`authParams` has a parameter that is not allowed.',
    action: 'Correct the parameter that the description names.',
  },
  'bad.connection': {
    when: 'The connection is absent, unknown, or not passwordless.',
    action: 'Send the name of a passwordless connection that the application may use.',
  },
  'bad.email': {
    when: 'The email address is not valid.',
    action: 'Send an address such as `name@example.com`.',
  },
  'bad.phone_number': {
    when: 'The phone number is not valid.',
    action: 'Send a number such as `+14155550100`.',
  },
  'bad.send': {
    when: '`send` has an unknown value.',
    action: 'Send `code`, or `link` with an email connection.',
  },
  expired_token: {
    when: 'The device code or the `mfa_token` has expired.',
    action: 'Begin the login again.',
  },
  insufficient_scope: {
    when: 'The token lacks the scope for this operation.',
    action: 'Request the scope at the login.',
  },
  interaction_required: {
    when: 'An action of the login needs to show a page, and the request has no browser for it.',
    action: 'Log the user in with `/authorize`, without `prompt=none`.',
  },
  invalid_client: {
    when: 'The credentials of the application are wrong or absent.',
    action: 'Check `client_id` and the client authentication method of the application.',
  },
  invalid_grant: {
    when: 'The password, code, refresh token or `mfa_token` is wrong, used or expired.',
    action: 'Ask the user to log in again.',
  },
  invalid_password: {
    when: 'The new password breaks the password policy of the connection.',
    action: 'Show the user the rules in `description` or `policy`.',
  },
  invalid_request: {
    when: 'A parameter is absent, unknown or not valid.',
    action: 'Correct what the description names.',
  },
  invalid_signup: {
    when: 'The account cannot be created, possibly because it exists.',
    action: 'Ask the user to log in or to reset the password.',
  },
  mfa_required: {
    when: 'The login needs a second factor.',
    action: 'Continue with the `mfa_token` of the response and the `/mfa` endpoints.',
  },
  not_found: {
    when: 'The user has no authenticator with this ID.',
    action: 'List the authenticators with `GET /mfa/authenticators`.',
  },
  password_leaked: {
    when: 'The password is known from a leak, so the login is blocked.',
    action: 'Ask the user to reset the password.',
  },
  public_signup: {
    when: 'Sign-ups are turned off for the connection.',
    action: 'Create the user with the Management API, or turn on sign-ups.',
  },
  server_error: {
    when: 'The server failed, or no default connection is configured.',
    action: 'Look up `x-request-id` in the log of the server.',
  },
  sms_provider_error: {
    when: 'The message with the code could not be sent.',
    action: 'Try again later. The log of the server has the reason.',
  },
  temporarily_unavailable: {
    when: 'The server is busy, or cannot reach its database or the message provider.',
    action: 'Repeat the request after some seconds.',
  },
  too_many_attempts: {
    when: 'Too many wrong passwords or codes, or too many messages to this user.',
    action: 'Wait before the next attempt. `Retry-After` has the seconds, if it is present.',
  },
  too_many_requests: {
    when: 'One address sent more requests than the limit allows.',
    action: 'Repeat the request after the seconds in `Retry-After`.',
  },
  unauthorized: {
    when: 'The user is blocked, or a rule refuses the login.',
    action: 'Unblock the user with the Management API, or read what the description says.',
  },
  unauthorized_client: {
    when: 'The application may not use this grant type.',
    action: 'Add the grant type to `grant_types` of the application.',
  },
  unreachable_phone_number: {
    when: 'The server sends no codes to this number: it belongs to nobody, has a premium rate, or its country is not allowed.',
    action: 'Ask the user for another number.',
  },
  unsupported_challenge_type: {
    when: 'The user has no second factor of the requested types.',
    action: 'Request another `challenge_type`, or leave it out.',
  },
  user_exists: {
    when: 'A user with this email, username or phone number exists.',
    action: 'Ask the user to log in.',
  },
} as const satisfies Record<string, Explanation>;

export type AuthenticationErrorCode = keyof typeof AUTHENTICATION_ERRORS;

/** The body of an OAuth error (RFC 6749, 5.2). */
export type OAuthErrorBody = { error: AuthenticationErrorCode; error_description: string };
