import { accountIn, profileOf } from './claims.ts';
import { clientOf, openIdScopes } from './generic-openid.ts';
import { strategyFrom } from './openid.ts';
import { understandable } from './token-answers.ts';

const BASE = 'https://www.linkedin.com/oauth';

/**
 * https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2. Its ID tokens have no nonce, and its token
 * endpoint refuses a `code_verifier` of ordinary applications. The state and the client secret protect the login.
 */
export const linkedin = strategyFrom({
  server: () => ({
    kind: 'discovered',
    url: `${BASE}/.well-known/openid-configuration`,
    // LinkedIn has changed it once.
    issuers: [BASE, 'https://www.linkedin.com'],
  }),
  client: clientOf,
  scopes: ({ options }) => openIdScopes(options),
  responseMode: () => 'query',
  pkce: () => 'none',
  hasNonce: () => false,
  fetch: understandable,
  async identity({ idToken, userinfo }) {
    const claims = { ...(await userinfo()), ...idToken };
    const account = accountIn(claims);
    return {
      issuer: BASE,
      ...account,
      userIdPart: account.subject,
      isAuthoritative: false,
      profile: profileOf(claims),
      claims,
    };
  },
});
