import { createPrivateKey, sign } from 'node:crypto';
import type { ClientAuth } from 'openid-client';
import { type Clock, epochSeconds } from '../../platform/clock/clock.ts';
import { domainOf } from '../../platform/email-address/email-address.ts';
import { parseJson } from '../../platform/json/json.ts';
import { accountIn, profileOf, textOf } from './claims.ts';
import { Unproved } from './failures.ts';
import { type Rules, strategyFrom } from './openid.ts';
import { listOption, objectOption, textOption } from './option-values.ts';
import type { Provider } from './provider.ts';

const ISSUER = 'https://appleid.apple.com';
const SECRET_SECONDS = 300;
const LONGEST_USER = 10_000;
const MAIL_OF_APPLE = ['privaterelay.appleid.com', 'icloud.com', 'me.com', 'mac.com'];

/** https://developer.apple.com/documentation/signinwithapple/configuring-your-webpage-for-sign-in-with-apple */
const APPLE: Rules = {
  server: () => ({
    kind: 'discovered',
    url: `${ISSUER}/.well-known/openid-configuration`,
    issuers: [ISSUER],
  }),
  client: (provider, clock) => ({
    id: option(provider, 'client_id'),
    metadata: {},
    auth: signedSecret(provider, clock),
  }),
  scopes: ({ options }) => listOption(options, 'scope'),
  // Apple answers a request with a scope in no other way.
  responseMode: ({ options }) => (listOption(options, 'scope').length > 0 ? 'form_post' : 'query'),
  pkce: (_provider, { code_challenge_methods_supported: offered }) =>
    offered?.includes('S256') ? 'S256' : 'none',
  hasNonce: () => true,
  async identity({ idToken, answer }) {
    const claims = idToken ?? {};
    const account = accountIn(claims);
    const { subject, email, emailVerified } = account;
    const person = { ...nameIn(answer.user), ...claims };
    return {
      issuer: ISSUER,
      ...account,
      userIdPart: subject,
      isAuthoritative: emailVerified && MAIL_OF_APPLE.includes(domainOf(email ?? '')),
      profile: profileOf(person),
      claims: person,
    };
  },
};

export const apple = strategyFrom(APPLE);

/**
 * Signs a client secret for each request, so that none expires (Apple's "Creating a client secret"). The key is the file from Apple, PKCS 8 as
 * PEM.
 */
function signedSecret(provider: Provider, clock: Clock): ClientAuth {
  const clientId = option(provider, 'client_id');
  const header = { alg: 'ES256', kid: option(provider, 'kid') };
  const teamId = option(provider, 'team_id');
  const key = createPrivateKey(option(provider, 'app_secret'));
  return (_server, _client, body) => {
    const now = epochSeconds(clock.now());
    const times = { iat: now, exp: now + SECRET_SECONDS };
    const claims = { iss: teamId, sub: clientId, aud: ISSUER, ...times };
    const signed = [header, claims].map(encoded).join('.');
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    body.set('client_id', clientId);
    body.set('client_secret', `${signed}.${signature.toString('base64url')}`);
  };
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function option({ options }: Provider, name: string): string {
  const value = textOption(options, name);
  if (value === null) throw new Unproved(`The connection has no ${name}.`);
  return value;
}

/** Returns the name that Apple sends once, at the first consent. Nothing signs it, so its email address counts for nothing. */
function nameIn(user: string | undefined): Record<string, string> {
  if (user === undefined || user.length > LONGEST_USER) return {};
  try {
    const { name } = objectOption({ user: parseJson(user) }, 'user');
    const { firstName, lastName } = objectOption({ name }, 'name');
    const [given, family] = [textOf(firstName), textOf(lastName)];
    const whole = [given, family].filter((part) => part !== null).join(' ');
    return {
      ...(given !== null && { given_name: given }),
      ...(family !== null && { family_name: family }),
      ...(whole !== '' && { name: whole }),
    };
  } catch {
    return {};
  }
}
