import { beforeAll, expect, test } from 'vitest';
import { ADA_AT_FACEBOOK, BOB_AT_FACEBOOK, startFacebook } from '../harness/providers/facebook.ts';
import { aProvider, identityOf, logInAt, socialWith } from '../harness/providers/social-login.ts';
import type { StandIn } from '../harness/providers/stand-in.ts';

// https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
let facebook: StandIn;
let deps: ReturnType<typeof socialWith>;
const provider = aProvider('facebook');

beforeAll(async () => {
  facebook = await startFacebook();
  deps = socialWith([facebook]);
});

test('a person logs in with Facebook, and the address counts as unverified', async () => {
  const { asked, begun, outcome } = await logInAt(deps, provider, facebook);
  expect(asked).toMatchObject({ response_type: 'code', scope: 'public_profile email' });
  expect([begun.nonce, begun.verifier, asked.code_challenge]).toEqual([null, null, undefined]);
  expect(identityOf(outcome)).toMatchObject({
    issuer: 'https://www.facebook.com',
    subject: ADA_AT_FACEBOOK.id,
    userIdPart: ADA_AT_FACEBOOK.id,
    email: 'ada@example.com',
    emailVerified: false,
    isAuthoritative: false,
    profile: {
      name: 'Ada Lovelace',
      givenName: 'Ada',
      familyName: 'Lovelace',
      nickname: 'ada',
      picture: 'https://images.example.com/ada.jpg',
    },
    tokens: { refreshToken: null, idToken: null },
  });
});

// https://developers.facebook.com/docs/graph-api/guides/secure-requests
test('calls with a token carry the proof of the secret', async () => {
  await logInAt(deps, provider, facebook);
  const call = facebook.requests.find((asked) => asked.path.endsWith('/me'));
  expect(call?.params.appsecret_proof).toMatch(/^[0-9a-f]{64}$/);
});

test('a person without an email address logs in, too', async () => {
  const { outcome } = await logInAt(deps, provider, facebook, { person: BOB_AT_FACEBOOK });
  expect(identityOf(outcome)).toMatchObject({
    email: null,
    emailVerified: false,
    profile: { name: 'Bob Phone', nickname: null, picture: null },
  });
});

test('a declined permission is asked for again only with consent', async () => {
  const { asked } = await logInAt(deps, provider, facebook, { prompt: 'consent' });
  expect(asked.auth_type).toBe('rerequest');
  expect((await logInAt(deps, provider, facebook)).asked.auth_type).toBeUndefined();
});

test('an error of Facebook is understood, and denial is no failure', async () => {
  const again = await logInAt(deps, provider, facebook, {
    answer: (f) => ({ ...f, code: 'used-up' }),
  });
  expect(again.outcome).toEqual({
    kind: 'failed',
    why: 'The provider answered 400 OAuthException: Error validating: invalid_grant',
  });
  const denied = await logInAt(deps, provider, facebook, { person: null });
  expect(denied.outcome).toMatchObject({ kind: 'denied', error: 'access_denied' });
});
