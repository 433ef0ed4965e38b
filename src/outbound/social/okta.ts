import { Unproved } from './failures.ts';
import { GENERIC } from './generic-openid.ts';
import { strategyFrom } from './openid.ts';
import { textOption } from './option-values.ts';

/** https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview: an OpenID provider at the domain of the organization. */
export const okta = strategyFrom({
  ...GENERIC,
  server: ({ options }) => {
    const domain = textOption(options, 'domain');
    if (domain === null) throw new Unproved('The connection has no domain.');
    const issuer = `https://${domain}`;
    const url = `${issuer}/.well-known/openid-configuration`;
    return { kind: 'discovered', url, issuers: [issuer] };
  },
  responseType: () => 'code',
  responseMode: () => 'query',
  hasNonce: () => true,
});
