import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type OpenIdStandIn, startOpenIdStandIn } from './openid-stand-in.ts';
import type { Person } from './stand-in.ts';

const ISSUER = 'https://appleid.apple.com';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The options of a connection whose client secrets this stand-in accepts. */
export const APPLE_OPTIONS = {
  client_id: 'com.example.web',
  team_id: 'TEAM123456',
  kid: 'KEY1234567',
  app_secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

/** `user` is sent once, at the first consent, and is not signed. */
export const ADA_AT_APPLE: Person = {
  sub: '001234.abcdef0123456789abcdef0123456789.0433',
  email: 'x7y8z9@privaterelay.appleid.com',
  email_verified: 'true',
  is_private_email: 'true',
  user: { name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'somebody.else@example.com' },
};

/**
 * Apple, after https://developer.apple.com/documentation/signinwithapple/configuring-your-webpage-for-sign-in-with-apple and
 * https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret: `form_post` only, the name once, booleans as
 * texts, a signed client secret, no userinfo.
 */
export function startApple(people: Person[] = [ADA_AT_APPLE]): Promise<OpenIdStandIn> {
  const greeted = new Set<Person>();
  return startOpenIdStandIn({
    issuer: ISSUER,
    origins: [ISSUER],
    people,
    hasUserinfo: false,
    paths: { authorize: '/auth/authorize', token: '/auth/token', jwks: '/auth/keys' },
    metadata: {
      authorization_endpoint: `${ISSUER}/auth/authorize`,
      token_endpoint: `${ISSUER}/auth/token`,
      jwks_uri: `${ISSUER}/auth/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    answer({ person }): Record<string, string> {
      const isFirst = !greeted.has(person) && person.user !== undefined;
      greeted.add(person);
      return isFirst ? { user: JSON.stringify(person.user) } : {};
    },
    claims: ({ person: { user: _user, ...claims } }) => claims,
    check: isSignedSecret,
  });
}

function isSignedSecret(id: string, secret: string): boolean {
  const [header = '', claims = '', signature = ''] = secret.split('.');
  const key = createPublicKey(privateKey);
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const { alg, kid } = decodeProtectedHeader(secret);
  const { iss, sub, aud, iat = 0, exp = 0 } = decodeJwt(secret);
  return (
    isSigned &&
    id === APPLE_OPTIONS.client_id &&
    [alg, kid, iss, sub, aud].join() ===
      ['ES256', APPLE_OPTIONS.kid, APPLE_OPTIONS.team_id, id, ISSUER].join() &&
    exp > Date.now() / 1000 &&
    exp - iat <= 15_777_000
  );
}
