import { ADA, type OpenIdStandIn, startOpenIdStandIn } from './openid-stand-in.ts';
import type { Person } from './stand-in.ts';

/** A person with a mailbox at Google. */
export const ADA_AT_GOOGLE: Person = {
  ...ADA,
  sub: '109876543210987654321',
  email: 'ada@gmail.com',
};

/**
 * Google, after https://developers.google.com/identity/openid-connect/openid-connect and
 * https://accounts.google.com/.well-known/openid-configuration: several hosts, one issuer.
 */
export function startGoogle(people: Person[] = [ADA_AT_GOOGLE]): Promise<OpenIdStandIn> {
  return startOpenIdStandIn({
    issuer: 'https://accounts.google.com',
    origins: [
      'https://accounts.google.com',
      'https://oauth2.googleapis.com',
      'https://www.googleapis.com',
      'https://openidconnect.googleapis.com',
    ],
    people,
    paths: {
      authorize: '/o/oauth2/v2/auth',
      token: '/token',
      jwks: '/oauth2/v3/certs',
      userinfo: '/v1/userinfo',
    },
    metadata: {
      authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      token_endpoint: 'https://oauth2.googleapis.com/token',
      jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
      userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      code_challenge_methods_supported: ['plain', 'S256'],
    },
  });
}
