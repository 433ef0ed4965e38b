/** When a code occurs, and what the caller can do. */
type Explanation = { when: string; action: string };

/**
 * Every `errorCode` of /api/v2. `npm run docs:errors` writes `docs/reference/errors.md` from this list, with the statuses that the code
 * sends. A code that is not listed does not compile, and a test finds a code that nothing sends.
 */
export const ERROR_CODES = {
  HookDoesNotExist: {
    when: 'The hook does not exist.',
    action: 'Check the ID. `GET /api/v2/hooks` lists the hooks.',
  },
  Bearer: {
    when: 'The `Authorization` header does not have the form `Bearer <token>`.',
    action: 'Send `Authorization: Bearer` and the access token.',
  },
  auth0_idp_error: {
    when: 'Another user of the connection, or of its legacy directory, has the same email, username or phone number. Or the directory has declined the change or gave no usable answer.',
    action:
      'Search for that user, or choose another value. If the message is about the directory, correct its scripts and repeat the request.',
  },
  client_id_required: {
    when: 'More than one application uses the connection, so the invitation needs one.',
    action: 'Send the `client_id` of one of them, or `null` for none.',
  },
  custom_domain_already_verified: {
    when: 'The custom domain is already verified.',
    action: 'Nothing: the domain is in use.',
  },
  custom_domain_conflict: {
    when: 'A custom domain with this name exists already.',
    action: 'Update the existing custom domain, or choose another name.',
  },
  enrollment_not_found: {
    when: 'No second factor has this ID.',
    action: 'List the enrollments of the user and use an ID from the list.',
  },
  idempotency_key_reused: {
    when: 'The `idempotency_key` belongs to an earlier request with other content.',
    action: 'Choose a new key for each new request. Repeat a request with the same content only.',
  },
  inexistent_case: {
    when: 'The connection has no case of this name.',
    action: 'Check the name. `GET /api/v2/connections/{id}/scripts/cases` lists the cases.',
  },
  inexistent_client: {
    when: 'The application does not exist.',
    action: 'Check `client_id`. `GET /api/v2/clients` lists the applications.',
  },
  inexistent_client_grant: {
    when: 'The client grant does not exist.',
    action: 'Check the ID. `GET /api/v2/client-grants` lists the client grants.',
  },
  inexistent_connection: {
    when: 'The connection does not exist.',
    action: 'Check its ID or name. `GET /api/v2/connections` lists the connections.',
  },
  inexistent_custom_domain: {
    when: 'The custom domain does not exist.',
    action: 'Check the ID. `GET /api/v2/custom-domains` lists the custom domains.',
  },
  inexistent_email_provider: {
    when: 'No email provider is configured.',
    action: 'Create it with `POST /api/v2/emails/provider`.',
  },
  inexistent_email_template: {
    when: 'The email template does not exist, or Usher never sends it.',
    action: 'Check the name. Create the template with `POST /api/v2/email-templates`.',
  },
  inexistent_invitation: {
    when: 'The invitation does not exist.',
    action: 'Check the ID. `GET /api/v2/invitations` lists the invitations.',
  },
  inexistent_job: {
    when: 'The job does not exist, or has another type than the request needs.',
    action: 'Check the ID. `GET /api/v2/jobs` lists the jobs.',
  },
  inexistent_refresh_token: {
    when: 'The refresh token does not exist, or was revoked.',
    action: 'List the refresh tokens of the user and use an ID from the list.',
  },
  inexistent_resource_server: {
    when: 'The API does not exist.',
    action: 'Check its ID or identifier. `GET /api/v2/resource-servers` lists the APIs.',
  },
  inexistent_rule: {
    when: 'The rule does not exist.',
    action: 'Check the ID. `GET /api/v2/rules` lists the rules.',
  },
  inexistent_session: {
    when: 'The session does not exist, or has ended.',
    action: 'List the sessions of the user and use an ID from the list.',
  },
  inexistent_templates_universal_login: {
    when: 'No page template is stored.',
    action: 'Store one with `PUT /api/v2/branding/templates/universal-login`.',
  },
  inexistent_user: {
    when: 'The user does not exist.',
    action: 'Check `user_id`, and encode it in a URL: `auth0|1` is `auth0%7C1`.',
  },
  insufficient_entitlement: {
    when: 'The request turns on a feature that Usher does not have.',
    action: 'Leave the feature turned off.',
  },
  insufficient_scope: {
    when: 'The access token lacks a scope, or belongs to another user.',
    action: 'Get a token with one of the scopes that the message names.',
  },
  invalid_body: {
    when: 'The body breaks a rule, or refers to something that does not exist.',
    action: 'Correct the property that the message names.',
  },
  invalid_header: {
    when: 'A header has a value that is not allowed.',
    action: 'Correct the header that the message names, or leave it out.',
  },
  invalid_paging: {
    when: 'The requested page is too far from the beginning of the list.',
    action: 'Page by checkpoint, with `take` and `from`, or narrow the search.',
  },
  invalid_query_string: {
    when: 'A query parameter is unknown or has a value that is not allowed.',
    action: 'Correct the parameter that the message names.',
  },
  invalid_uri: {
    when: 'A part of the path has a value that is not allowed.',
    action: 'Correct the ID in the path.',
  },
  invitation_closed: {
    when: 'The invitation is no longer pending, so it cannot be sent again.',
    action: 'Create a new invitation.',
  },
  job_not_finished: {
    when: 'The result of a job was requested before the job ended.',
    action: 'Read the job until its `status` is `completed`, then repeat the request.',
  },
  mail_not_sent: {
    when: 'The mail server did not accept the test email.',
    action: 'Correct the settings of the email provider. The message has the reason.',
  },
  operation_not_supported: {
    when: 'The request asks for something that Usher or this connection does not support.',
    action: 'Leave out what the message names.',
  },
  organization_conflict: {
    when: 'An organization with this name exists already.',
    action: 'Choose another name.',
  },
  payload_too_large: {
    when: 'The body or the uploaded file is too large.',
    action: 'Send fewer rows or fields in one request. The message has the limit of an upload.',
  },
  protected_target: {
    when: 'The target is an administrator, or belongs to the console.',
    action: 'Use the console, or `usher admin` on the server.',
  },
  theme_not_found: {
    when: 'The branding theme does not exist.',
    action: 'Check the ID. `GET /api/v2/branding/themes/default` returns the theme in use.',
  },
  tickets_gone: {
    when: 'The links of the job were read before. They are returned only once.',
    action: 'Create a new job to get new links.',
  },
  too_many_requests: {
    when: 'The caller sent more requests than the limit allows.',
    action: 'Repeat the request at the time in the `X-RateLimit-Reset` header.',
  },
  unsupported_media_type: {
    when: 'The body has a `Content-Type` that the route does not accept.',
    action: 'Send `application/json` or `application/x-www-form-urlencoded`.',
  },
} as const satisfies Record<string, Explanation>;

export type ErrorCode = keyof typeof ERROR_CODES;
