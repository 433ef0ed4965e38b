import { errors } from 'oidc-provider';

/** The codes that only the OpenID Connect library sends, under the features that are on. A test compares them with its error classes. */
export const LIBRARY_CODES = {
  consent_required: {
    when: 'With `prompt=none`, the user would have to consent.',
    action: 'Repeat the request without `prompt=none`.',
  },
  interaction_required: {
    when: 'With `prompt=none`, the user would have to act, for example show a second factor.',
    action: 'Repeat the request without `prompt=none`.',
  },
  invalid_redirect_uri: {
    when: 'The application has not registered this `redirect_uri`.',
    action: 'Add the address to `callbacks` of the application. It must match exactly.',
  },
  invalid_request_uri: {
    when: 'The `request_uri` of a pushed request is unknown, used or expired.',
    action: 'Push the request again and use the new `request_uri`.',
  },
  invalid_scope: {
    when: 'A refresh token does not have the requested scope, or a scope is not allowed.',
    action: 'Request only scopes of the API that the login granted.',
  },
  invalid_target: {
    when: 'The request names more than one API, or an API that the login did not grant.',
    action: 'Send one `audience`, the same as at the login.',
  },
  invalid_token: {
    when: 'The access token for `/userinfo` is absent, expired or revoked.',
    action: 'Get a new access token.',
  },
  login_required: {
    when: 'With `prompt=none`, the browser has no session, or the session is too old for `max_age`.',
    action: 'Repeat the request without `prompt=none`.',
  },
  registration_not_supported: {
    when: 'The request has the parameter `registration`.',
    action: 'Leave it out. Register the application with the Management API.',
  },
  request_not_supported: {
    when: 'The request has the parameter `request`.',
    action: 'Leave it out, and send the parameters themselves or push them to `/oauth/par`.',
  },
  request_uri_not_supported: {
    when: 'The `request_uri` does not come from `/oauth/par`.',
    action: 'Push the request to `/oauth/par`.',
  },
  unsupported_grant_type: {
    when: 'The server does not know the `grant_type`.',
    action: 'Use one of `grant_types_supported` in `/.well-known/openid-configuration`.',
  },
  unsupported_response_mode: {
    when: 'The server does not know the `response_mode`.',
    action: 'Use one of `response_modes_supported` in `/.well-known/openid-configuration`.',
  },
  unsupported_response_type: {
    when: 'The server does not know the `response_type`.',
    action: 'Use one of `response_types_supported` in `/.well-known/openid-configuration`.',
  },
  unsupported_token_type: {
    when: 'The token to revoke is a JWT, which ends only by its lifetime.',
    action: 'Revoke the refresh token, or the session.',
  },
} as const;

/** The statuses of the library's errors, by code. */
export function libraryStatuses(): Map<string, number> {
  const found = new Map<string, number>();
  for (const Failure of Object.values(errors)) {
    const { error, statusCode } = Reflect.construct(Failure, ['']);
    if (typeof error === 'string' && typeof statusCode === 'number') found.set(error, statusCode);
  }
  return found;
}
