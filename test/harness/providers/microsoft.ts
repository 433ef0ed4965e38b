import { type OpenIdStandIn, startOpenIdStandIn } from './openid-stand-in.ts';
import type { Person } from './stand-in.ts';

const BASE = 'https://login.microsoftonline.com';
export const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
export const TENANT = '11111111-2222-3333-4444-555555555555';

export const ADA_AT_CONTOSO: Person = {
  tid: TENANT,
  oid: 'aaaaaaaa-0000-4000-8000-000000000001',
  sub: 'pairwise-subject-of-ada',
  name: 'Ada Lovelace',
  email: 'ada@contoso.com',
  preferred_username: 'ada@contoso.com',
};

/**
 * Microsoft Entra, after https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc and
 * https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference: a template as issuer of shared endpoints, the real tenant in the
 * token, one set of keys for all tenants, no announcement of PKCE.
 * @param endpoint the part of the path that names tenants, such as `organizations`
 */
export function startMicrosoft(
  endpoint = 'organizations',
  people: Person[] = [ADA_AT_CONTOSO],
): Promise<OpenIdStandIn> {
  const tenant =
    endpoint === 'consumers' ? CONSUMERS : endpoint === 'organizations' ? '{tenantid}' : TENANT;
  const at = `/${endpoint}/oauth2/v2.0`;
  return startOpenIdStandIn({
    issuer: `${BASE}/${tenant}/v2.0`,
    origins: [BASE, 'https://graph.microsoft.com'],
    people,
    hasUserinfo: false,
    paths: {
      authorize: `${at}/authorize`,
      token: `${at}/token`,
      jwks: `/${endpoint}/discovery/v2.0/keys`,
      discovery: `/${endpoint}/v2.0/.well-known/openid-configuration`,
    },
    metadata: {
      authorization_endpoint: `${BASE}${at}/authorize`,
      token_endpoint: `${BASE}${at}/token`,
      jwks_uri: `${BASE}/${endpoint}/discovery/v2.0/keys`,
      userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
      token_endpoint_auth_methods_supported: [
        'client_secret_post',
        'private_key_jwt',
        'client_secret_basic',
      ],
      subject_types_supported: ['pairwise'],
    },
    claims: ({ person }) => ({ iss: `${BASE}/${person.tid}/v2.0`, ...person }),
  });
}
