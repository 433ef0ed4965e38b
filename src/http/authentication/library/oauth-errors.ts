import type { errors } from 'oidc-provider';
import { DEVICE_CODE } from '../device/device.ts';
import { type TokenErrorAnswer, tokenErrorOf } from '../grants/grants.ts';

/** Translates an error of /oauth/token to Auth0's status and text, because clients compare both. */
export function translateTokenError(
  error: errors.OIDCProviderError,
  grantType: string,
): TokenErrorAnswer | null {
  const own = tokenErrorOf(error);
  if (own !== undefined) return own;
  switch (error.error) {
    case 'invalid_client':
      return {
        status: 401,
        body: { error: 'access_denied', error_description: 'Unauthorized' },
      };
    case 'invalid_request':
      if (!/grant.* is not allowed for this client$/.test(error.error_description ?? ''))
        return null;
      return {
        status: 403,
        body: {
          error: 'unauthorized_client',
          error_description: `Grant type '${grantType}' not allowed for the client.`,
          error_uri: 'https://auth0.com/docs/clients/client-grant-types',
        },
      };
    case 'invalid_grant':
      return {
        status: 403,
        body: {
          error: 'invalid_grant',
          error_description: whyGrantIsInvalid(error.error_detail ?? '', grantType),
        },
      };
    case 'authorization_pending':
      return {
        status: 403,
        body: {
          error: 'authorization_pending',
          error_description: 'User has yet to authorize device code.',
        },
      };
    case 'expired_token':
      return {
        status: 403,
        body: { error: 'expired_token', error_description: 'The device code has expired.' },
      };
    case 'access_denied':
      if (grantType !== DEVICE_CODE) return null;
      return {
        status: 403,
        body: {
          error: 'access_denied',
          error_description: 'User cancelled the confirmation prompt',
        },
      };
    default:
      return null;
  }
}

function whyGrantIsInvalid(detail: string, grantType: string): string {
  if (detail.startsWith('code_verifier')) return 'Failed to verify code verifier';
  if (grantType === 'refresh_token') return 'Unknown or invalid refresh token.';
  return grantType === DEVICE_CODE
    ? 'Invalid or expired device code.'
    : 'Invalid authorization code';
}
