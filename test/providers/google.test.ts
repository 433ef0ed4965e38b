import { beforeAll, expect, test } from 'vitest';
import { ADA_AT_GOOGLE, startGoogle } from '../harness/providers/google.ts';
import type { OpenIdStandIn } from '../harness/providers/openid-stand-in.ts';
import {
  aProvider,
  CALLBACK,
  identityOf,
  logInAt,
  socialWith,
} from '../harness/providers/social-login.ts';

// https://developers.google.com/identity/openid-connect/openid-connect
let google: OpenIdStandIn;
let deps: ReturnType<typeof socialWith>;

beforeAll(async () => {
  google = await startGoogle();
  deps = socialWith([google]);
});

test('a person logs in with Google, with state, nonce and PKCE', async () => {
  const { asked, outcome } = await logInAt(deps, aProvider('google-oauth2'), google);
  expect(asked).toMatchObject({
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    code_challenge_method: 'S256',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
  });
  expect(identityOf(outcome)).toEqual({
    issuer: 'https://accounts.google.com',
    subject: ADA_AT_GOOGLE.sub,
    userIdPart: ADA_AT_GOOGLE.sub,
    email: 'ada@gmail.com',
    emailVerified: true,
    isAuthoritative: true,
    profile: {
      name: 'Ada Lovelace',
      givenName: 'Ada',
      familyName: 'Lovelace',
      nickname: 'ada',
      picture: 'https://images.example.com/ada.png',
    },
    claims: expect.objectContaining({ email: 'ada@gmail.com', iss: 'https://accounts.google.com' }),
    tokens: {
      accessToken: expect.stringMatching(/^token-/),
      refreshToken: expect.stringMatching(/^refresh-/),
      idToken: expect.stringMatching(/^ey/),
      expiresAt: expect.any(Date),
      scope: 'openid profile email',
    },
  });
});

// https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
test.for([
  [{ email: 'ada@gmail.com' }, true, true],
  [{ email: 'ada@acme.test', hd: 'acme.test' }, true, true],
  [{ email: 'ada@elsewhere.test' }, true, false],
  [{ email: 'ada@gmail.com.evil.test' }, true, false],
  [{ email: 'ada@gmail.com', email_verified: false }, false, false],
  [{ email: 'ada@acme.test', hd: 'acme.test', email_verified: undefined }, false, false],
] as const)('of %j the address is verified: %s, and Google stands for its mailbox: %s', async ([
  person,
  isVerified,
  isAuthoritative,
]) => {
  google.people = [{ ...ADA_AT_GOOGLE, ...person }];
  const { outcome } = await logInAt(deps, aProvider('google-oauth2'), google);
  expect(identityOf(outcome)).toMatchObject({
    email: person.email,
    emailVerified: isVerified,
    isAuthoritative,
  });
});

test('the domain counts by the claim, because people can remove the parameter', async () => {
  const limited = aProvider('google-oauth2', { upstream_params: { hd: { value: 'acme.test' } } });
  const workspace = aProvider('google-apps', {
    domain: 'acme.test',
    domain_aliases: ['acme.example'],
  });
  for (const [hd, kind] of [
    ['acme.test', 'proved'],
    ['other.test', 'failed'],
    [undefined, 'failed'],
  ]) {
    google.people = [{ ...ADA_AT_GOOGLE, email: 'ada@acme.test', hd }];
    expect((await logInAt(deps, limited, google)).outcome.kind, String(hd)).toBe(kind);
    expect((await logInAt(deps, workspace, google)).outcome.kind, String(hd)).toBe(kind);
  }
  google.people = [{ ...ADA_AT_GOOGLE, email: 'Ada@acme.example', hd: 'ACME.example' }];
  const { asked, outcome } = await logInAt(deps, workspace, google);
  expect(asked.hd).toBe('acme.test');
  expect(identityOf(outcome)).toMatchObject({
    subject: ADA_AT_GOOGLE.sub,
    userIdPart: 'ada@acme.example',
  });
});

test('a person who cancels is no failure, and a wrong secret is one', async () => {
  google.people = [ADA_AT_GOOGLE];
  const canceled = await logInAt(deps, aProvider('google-oauth2'), google, { person: null });
  expect(canceled.outcome).toEqual({
    kind: 'denied',
    error: 'access_denied',
    description: 'The person has canceled.',
  });
  const wrong = aProvider('google-oauth2', { client_secret: 'a-wrong-secret' });
  const { outcome } = await logInAt(deps, wrong, google);
  expect(outcome).toEqual({
    kind: 'failed',
    why: 'The provider answered 401 invalid_client: The test says invalid_client.',
  });
});
