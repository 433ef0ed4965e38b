import type { errors } from 'oidc-provider';
import { type Refusal, refusalOf } from './refusals.ts';

/** An error of /oauth/token in the statuses and words that clients of this wire know (they match on both). */
export function translateTokenError(
  error: errors.OIDCProviderError,
  grantType: string | undefined,
): Refusal | null {
  const own = refusalOf(error);
  if (own !== undefined) return own;
  switch (error.error) {
    case 'invalid_client':
      return {
        status: 401,
        body: { error: 'access_denied', error_description: 'Unauthorized' },
      };
    case 'invalid_request':
      if (error.error_description !== 'requested grant type is not allowed for this client') {
        return null;
      }
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
    default:
      return null;
  }
}

function whyGrantIsInvalid(detail: string, grantType: string | undefined): string {
  if (detail.startsWith('code_verifier')) return 'Failed to verify code verifier';
  return grantType === 'refresh_token'
    ? 'Unknown or invalid refresh token.'
    : 'Invalid authorization code';
}
