import { boundDomains, canonicalDomain } from '../../platform/bound-domains/bound-domains.ts';
import { domainOf } from '../../platform/email-address/email-address.ts';
import { accountIn, profileOf } from './claims.ts';
import { Unproved } from './failures.ts';
import { clientOf, openIdScopes } from './generic-openid.ts';
import { type Proved, type Rules, strategyFrom } from './openid.ts';
import { objectOption } from './option-values.ts';

const ISSUER = 'https://accounts.google.com';

/** https://developers.google.com/identity/openid-connect/openid-connect */
const GOOGLE: Rules = {
  server: () => ({
    kind: 'discovered',
    url: `${ISSUER}/.well-known/openid-configuration`,
    issuers: [ISSUER],
  }),
  client: clientOf,
  scopes: ({ options }) => openIdScopes(options),
  responseMode: () => 'query',
  pkce: () => 'S256',
  hasNonce: () => true,
  async identity(proved) {
    const { provider } = proved;
    const wanted = objectOption(objectOption(provider.options, 'upstream_params'), 'hd').value;
    if (typeof wanted === 'string' && wanted !== '')
      checkDomain(proved, wanted === '*' ? ['*'] : [canonicalDomain(wanted) ?? []].flat());
    return identityOf(proved);
  },
};

export const google = strategyFrom(GOOGLE);

/** The accounts of one Workspace. */
export const googleApps = strategyFrom({
  ...GOOGLE,
  params: (provider): Record<string, string> => {
    const [domain] = boundDomains(provider);
    return domain === undefined ? {} : { hd: domain };
  },
  async identity(proved) {
    const { provider } = proved;
    checkDomain(proved, boundDomains(provider));
    const identity = identityOf(proved);
    if (provider.options.map_user_id_to_id === true) return identity;
    if (identity.email === null) throw new Unproved('The account has no email address.');
    return { ...identity, userIdPart: identity.email };
  },
});

/** The parameter `hd` of the request is a hint that people can remove. The claim counts. */
function checkDomain({ idToken }: Proved, domains: string[]): void {
  const hd = typeof idToken?.hd === 'string' ? idToken.hd.toLowerCase() : null;
  if (hd === null || !(domains.includes(hd) || domains.includes('*'))) {
    throw new Unproved('The account does not belong to the domain of the connection.');
  }
}

function identityOf({ idToken }: Proved) {
  const claims = idToken ?? {};
  const account = accountIn(claims);
  return {
    issuer: ISSUER,
    ...account,
    userIdPart: account.subject,
    // Other addresses were checked once: their mailboxes may have other owners now. Google says so at
    // https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
    isAuthoritative:
      account.emailVerified &&
      (domainOf(account.email ?? '') === 'gmail.com' ||
        (typeof claims.hd === 'string' && claims.hd !== '')),
    profile: profileOf(claims),
    claims,
  };
}
