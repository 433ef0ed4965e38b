import { ADA, type OpenIdStandIn, startOpenIdStandIn } from './openid-stand-in.ts';
import type { Person } from './stand-in.ts';

const SITE = 'https://www.linkedin.com';

/**
 * LinkedIn, after https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2: an issuer with a path, ID tokens
 * without a nonce, an error for `code_verifier`, an answer without `token_type`.
 */
export async function startLinkedin(
  people: Person[] = [{ ...ADA, sub: '782bbtaQ', email_verified: 'true' }],
): Promise<OpenIdStandIn> {
  const standIn = await startOpenIdStandIn({
    issuer: `${SITE}/oauth`,
    origins: [SITE, 'https://api.linkedin.com'],
    people,
    isNonceLess: true,
    paths: {
      discovery: '/oauth/.well-known/openid-configuration',
      authorize: '/oauth/v2/authorization',
      token: '/oauth/v2/accessToken',
      jwks: '/oauth/openid/jwks',
      userinfo: '/v2/userinfo',
    },
    metadata: {
      authorization_endpoint: `${SITE}/oauth/v2/authorization`,
      token_endpoint: `${SITE}/oauth/v2/accessToken`,
      jwks_uri: `${SITE}/oauth/openid/jwks`,
      userinfo_endpoint: 'https://api.linkedin.com/v2/userinfo',
    },
  });
  standIn.override = (asked) =>
    asked.params.code_verifier === undefined
      ? undefined
      : {
          status: 401,
          body: { error: 'invalid_client', error_description: 'Client authentication failed' },
        };
  return standIn;
}
