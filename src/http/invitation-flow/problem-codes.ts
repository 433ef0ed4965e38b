/** When a code occurs, and what the page can do. */
type Explanation = { when: string; action: string };

/** Every `problem.code` of `/invitation-flow`. `npm run docs:errors` writes `docs/reference/errors.md` from this list. */
export const FLOW_PROBLEMS = {
  account_blocked: {
    when: 'The account is blocked.',
    action: 'Show the message. Only an operator can unblock the account.',
  },
  account_exists: {
    when: 'The address has got an account since the code was mailed. Only its owner, who has typed the code, gets this answer.',
    action: 'Offer the login.',
  },
  changed: {
    when: 'Another request of this flow was faster.',
    action: 'Read the state with `GET /invitation-flow/state`, and continue from there.',
  },
  code_expired: {
    when: 'The code is older than five minutes, or was tried too often.',
    action: 'Request a new code.',
  },
  code_not_sent: {
    when: 'The mail with the code could not be sent.',
    action: 'Try again later, or offer another way.',
  },
  connection_not_offered: {
    when: 'The invitation cannot be accepted with a connection of this name.',
    action: 'Offer the connections in `connections`.',
  },
  invalid_email: {
    when: 'The email address is not valid.',
    action: 'Ask for the address again.',
  },
  invalid_fields: {
    when: 'Fields do not match the schema. `problem.fields` names each of them.',
    action: 'Show the message of each field beside it.',
  },
  invalid_phone_number: {
    when: 'The phone number is not valid, or lacks its country code.',
    action: 'Ask for the number again.',
  },
  invalid_request: {
    when: 'The body is no JSON object, is too large, or lacks a property.',
    action: 'Send the properties that the guide names.',
  },
  invitation_accepted: {
    when: 'The invitation is accepted already.',
    action: 'Offer the login.',
  },
  invitation_declined: {
    when: 'The person has declined the invitation.',
    action: 'Show the message.',
  },
  invitation_expired: {
    when: 'The invitation has expired.',
    action: 'Offer a new link at the hosted page of the invitation.',
  },
  invitation_on_hold: {
    when: 'The invitation cannot be accepted now: the user is blocked, or the application may not use the connection.',
    action: 'Show the message. An operator can change it.',
  },
  invitation_revoked: {
    when: 'An operator has withdrawn the invitation.',
    action: 'Show the message.',
  },
  link_ended: {
    when: 'The link to set a password is used, has expired, or was replaced by a newer one.',
    action: 'Offer a new link.',
  },
  login_denied: {
    when: 'The person did not agree at the identity provider, or the provider refused.',
    action: 'Show the message, and offer all ways again.',
  },
  login_failed: {
    when: 'The answer of the identity provider does not identify a person. The tenant log says why.',
    action: 'Show the message, and offer all ways again.',
  },
  login_outdated: {
    when: 'What the flow has shown does not count any more: the account at the provider, or the address, belongs to another user now, the passkey is taken, or the logins of the user were ended since.',
    action: 'Show the message, and offer all ways again. The flow has forgotten the login.',
  },
  login_over: {
    when: 'The login at the identity provider was used already, took longer than ten minutes, or belongs to another flow.',
    action: 'Send the person to the provider again.',
  },
  no_way_in: {
    when: 'The invited person has an account, and the invitation takes none of the ways in which they log in to it. `existing` says how they do.',
    action: 'Show the message. An operator can allow another connection, or passkeys.',
  },
  origin_not_allowed: {
    when: 'The page is on an origin that is not registered for the application, or the application is unknown.',
    action: 'Add the origin to `web_origins` of the application.',
  },
  passkey_not_here: {
    when: 'Browsers use no passkeys of this server on the page. Its origin must be https, on the domain of the server or below it.',
    action:
      'Offer another way, or the page of the invitation on the server. Or move the page below the domain of the server.',
  },
  passkey_refused: {
    when: 'The passkey is not valid, or its options are older than five minutes or used.',
    action: 'Get new options, and ask again.',
  },
  passkey_wrong: {
    when: 'The passkey is unknown, cannot be used here, or its options are older than five minutes or used.',
    action: 'Get new options, and ask again.',
  },
  password_refused: {
    when: 'The password does not match the policy of the connection. `problem.reason` has the rule.',
    action: 'Ask for another password.',
  },
  provider_unavailable: {
    when: 'The identity provider cannot be reached, or its connection is not complete. The tenant log says why.',
    action: 'Try again later, or offer another way.',
  },
  return_url_not_allowed: {
    when: '`return_url` is no http or https address, or its origin is not registered for the application.',
    action: 'Add the origin to `web_origins` of the application.',
  },
  reset_denied: {
    when: 'An action of the server refuses the new password.',
    action: 'Show the message.',
  },
  sign_up_denied: {
    when: 'An action of the server refuses the account.',
    action: 'Show the message.',
  },
  sign_up_disabled: {
    when: 'Nobody can sign up by themselves: the application may use no such connection, or an invitation is needed.',
    action: 'Show the message.',
  },
  sms_not_sent: {
    when: 'The text message with the code could not be sent.',
    action: 'Try again later, or offer another factor.',
  },
  temporarily_unavailable: {
    when: 'The server is busy, or cannot reach its database.',
    action: 'Repeat the request after some seconds.',
  },
  too_many_requests: {
    when: 'Too many requests, attempts or messages.',
    action: 'Repeat the request after the seconds in `Retry-After`.',
  },
  under_way: {
    when: 'Another browser is accepting this invitation.',
    action:
      'Ask the person, and send the start again with `take_over: true`. This ends the flow in the other browser.',
  },
  unknown_flow: {
    when: 'The flow or the sign-up has expired or ended, was taken over by another browser, or never existed.',
    action: 'Start again with the link.',
  },
  unknown_link: {
    when: 'No invitation to this application, and no user of it, has this link.',
    action: 'Ask the person to open the newest mail.',
  },
  wrong_account: {
    when: 'The invitation does not take this account: it has another address than the invited one.',
    action: 'Show the message, and offer all ways again. The invitation stays open.',
  },
  wrong_code: {
    when: 'The code is wrong.',
    action: 'Ask for the code again.',
  },
  wrong_password: {
    when: 'The password is not that of the invited account.',
    action: 'Ask for the password again, or offer a reset.',
  },
  wrong_step: {
    when: 'The step is not possible now. `next` has the possible ones.',
    action: 'Show the step that `state` names.',
  },
} as const satisfies Record<string, Explanation>;

export type FlowProblemCode = keyof typeof FLOW_PROBLEMS;
