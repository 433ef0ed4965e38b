import { errors } from 'oidc-provider';
import type { AuthenticationErrorCode } from '../seams/seams.ts';

/** Creates an OAuth error (RFC 6749, 5.2) that the library answers with. */
export function oauthError(status: number, error: AuthenticationErrorCode, description: string) {
  const thrown = new errors.CustomOIDCProviderError(error, description);
  thrown.status = status;
  thrown.statusCode = status;
  return thrown;
}
