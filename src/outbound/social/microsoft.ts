import { domainOf } from '../../platform/email-address/email-address.ts';
import { emailOf, isYes, profileOf, subjectOf } from './claims.ts';
import { Unproved } from './failures.ts';
import { clientOf, openIdScopes } from './generic-openid.ts';
import { type Proved, type Rules, strategyFrom } from './openid.ts';
import { isInBoundDomain, textOption } from './option-values.ts';
import type { Provider } from './provider.ts';

const BASE = 'https://login.microsoftonline.com';
/** The tenant of all personal accounts. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SHARED = new Set(['common', 'organizations', 'consumers']);
const MAIL_OF_MICROSOFT = ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'];

/** https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc */
const MICROSOFT: Omit<Rules, 'server' | 'identity'> = {
  client: clientOf,
  // Without `profile` there is no `oid`, the key of the account.
  scopes: ({ options }) => [...new Set([...openIdScopes(options), 'profile', 'email'])],
  responseMode: () => 'query',
  // Entra takes it without announcing it.
  pkce: () => 'S256',
  hasNonce: () => true,
};

/** Personal accounts. */
export const windowslive = strategyFrom({
  ...MICROSOFT,
  server: () => ({ kind: 'discovered', url: `${BASE}/consumers/v2.0`, issuers: null }),
  async identity(proved) {
    const { tenant, oid, ...identity } = accountOf(proved);
    if (tenant !== CONSUMERS) throw new Unproved('The account is not a personal one.');
    const { email, emailVerified } = identity;
    return {
      ...identity,
      // The former id of personal accounts is in the last two groups of the newer one.
      userIdPart: oid.slice(-17).replace('-', ''),
      isAuthoritative: emailVerified && MAIL_OF_MICROSOFT.includes(domainOf(email ?? '')),
    };
  },
});

/** Accounts of organizations: of one tenant, or with `useCommonEndpoint` of any. */
export const waad = strategyFrom({
  ...MICROSOFT,
  server: ({ options }) => ({
    kind: 'discovered',
    url: `${BASE}/${encodeURIComponent(tenantOf(options) ?? 'organizations')}/v2.0`,
    issuers: null,
  }),
  async identity(proved) {
    const { provider } = proved;
    const { options, connectionName } = provider;
    const { tenant, oid, ...identity } = accountOf(proved);
    // The keys of all tenants overlap, so the signature does not rule out other tenants.
    if (tenant === CONSUMERS) throw new Unproved('The account is a personal one.');
    const own = tenantOf(options);
    if (own !== null && GUID.test(own) && tenant !== own) {
      throw new Unproved('The account belongs to another tenant.');
    }
    const { email } = identity;
    const isOfDomain = own !== null && email !== null && isInBoundDomain(provider, email);
    // An administrator of a tenant can give an account any address, so the tenant's word counts for its own domains only.
    const isTrusted =
      isOfDomain &&
      options.should_trust_email_verified_connection === 'always_set_emails_as_verified';
    const emailVerified = identity.emailVerified || isTrusted;
    return {
      ...identity,
      userIdPart:
        options.userid_attribute === 'oid'
          ? `${connectionName}|${oid}`
          : subjectOf(identity.claims.sub),
      emailVerified,
      isAuthoritative: emailVerified && isOfDomain,
    };
  },
});

/** Returns the one tenant of the connection, or `null` if it has any. */
function tenantOf(options: Provider['options']): string | null {
  if (options.useCommonEndpoint === true) return null;
  const tenant = (
    textOption(options, 'tenantId') ?? textOption(options, 'tenant_domain')
  )?.toLowerCase();
  if (tenant === undefined) throw new Unproved('The connection has no tenant.');
  return SHARED.has(tenant) ? null : tenant;
}

/** The key is the account in its tenant. `sub` would change with the registration of the application. */
function accountOf({ idToken }: Proved) {
  const claims = idToken ?? {};
  const { tid: tenant, oid } = claims;
  if (typeof tenant !== 'string' || !GUID.test(tenant)) {
    throw new Unproved('The ID token names no tenant.');
  }
  if (typeof oid !== 'string' || !GUID.test(oid)) {
    throw new Unproved('The ID token names no account (oid).');
  }
  const issuer = `${BASE}/${tenant}/v2.0`;
  if (claims.iss !== issuer) throw new Unproved('The issuer is not that of the tenant.');
  const email = emailOf(claims.email);
  return {
    tenant,
    oid,
    issuer,
    subject: oid,
    email,
    // The tenant has proved the domain of the address. Without the claim, nothing is known about it:
    // https://learn.microsoft.com/entra/identity-platform/optional-claims-reference
    emailVerified: email !== null && isYes(claims.xms_edov),
    profile: profileOf(claims),
    claims,
  };
}
