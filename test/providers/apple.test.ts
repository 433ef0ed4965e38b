import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ADA_AT_APPLE, APPLE_OPTIONS, startApple } from '../harness/providers/apple.ts';
import type { OpenIdStandIn } from '../harness/providers/openid-stand-in.ts';
import { aProvider, identityOf, logInAt, socialWith } from '../harness/providers/social-login.ts';

// https://developer.apple.com/documentation/signinwithapple/configuring-your-webpage-for-sign-in-with-apple
let apple: OpenIdStandIn;
let deps: ReturnType<typeof socialWith>;
const options = { ...APPLE_OPTIONS, client_secret: undefined, scope: ['name', 'email'] };
const provider = aProvider('apple', options);

beforeAll(async () => {
  apple = await startApple();
  deps = socialWith([apple]);
});

beforeEach(() => {
  apple.people = [{ ...ADA_AT_APPLE }];
});

test('a person logs in with Apple, by form_post and with a signed client secret', async () => {
  const { asked, begun, outcome } = await logInAt(deps, provider, apple);
  expect(begun).toMatchObject({ responseMode: 'form_post', verifier: null });
  expect(asked).toMatchObject({
    response_mode: 'form_post',
    response_type: 'code',
    scope: 'name email',
  });
  expect(new URL(begun.url).search).not.toContain('+');
  expect(identityOf(outcome)).toMatchObject({
    issuer: 'https://appleid.apple.com',
    subject: ADA_AT_APPLE.sub,
    userIdPart: ADA_AT_APPLE.sub,
    email: 'x7y8z9@privaterelay.appleid.com',
    emailVerified: true,
    isAuthoritative: true,
    profile: { name: 'Ada Lovelace', givenName: 'Ada', familyName: 'Lovelace' },
  });
});

test('the name comes once, and a later login has none', async () => {
  await logInAt(deps, provider, apple);
  const { kept, outcome } = await logInAt(deps, provider, apple);
  expect(kept.answer).not.toHaveProperty('user');
  expect(identityOf(outcome).profile.givenName).toBeNull();
});

test('nothing but the name counts of what is not signed', async () => {
  const claims = { sub: 'someone-else', email: 'victim@example.com', email_verified: true };
  for (const user of [
    JSON.stringify({ ...claims, name: { firstName: 'Ada\u0000', lastName: 7, ...claims } }),
    'no json',
    '[]',
    'null',
    `{"name":"${'x'.repeat(20_000)}"}`,
  ]) {
    const { outcome } = await logInAt(deps, provider, apple, { answer: (f) => ({ ...f, user }) });
    const { subject, email, claims: stored } = identityOf(outcome);
    expect([subject, email]).toEqual([ADA_AT_APPLE.sub, ADA_AT_APPLE.email]);
    expect(JSON.stringify(stored)).not.toContain('victim');
  }
});

test.for([
  [{ email: 'ada@icloud.com', email_verified: 'true' }, true, true],
  [{ email: 'ada@icloud.com', email_verified: true }, true, true],
  [{ email: 'ada@example.com', email_verified: 'true' }, true, false],
  [{ email: 'ada@icloud.com', email_verified: 'false' }, false, false],
  [{ email: 'ada@icloud.com', email_verified: false }, false, false],
  [{ email: undefined, email_verified: true }, false, false],
] as const)('with %j the address is verified: %s, and Apple stands for it: %s', async ([
  claims,
  isVerified,
  isAuthoritative,
]) => {
  apple.people = [{ ...ADA_AT_APPLE, ...claims }];
  const { outcome } = await logInAt(deps, provider, apple);
  expect(identityOf(outcome)).toMatchObject({ emailVerified: isVerified, isAuthoritative });
});

test('a key that Apple does not know, or that is none, is not put into the log', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { outcome } = await logInAt(
    deps,
    aProvider('apple', { ...options, app_secret: pem }),
    apple,
  );
  expect(outcome).toMatchObject({ kind: 'failed', why: expect.stringContaining('invalid_client') });
  expect(outcome).not.toMatchObject({ why: expect.stringContaining(pem.slice(40, 80)) });
  const broken = logInAt(deps, aProvider('apple', { ...options, app_secret: 'my secret' }), apple);
  await expect(broken).rejects.toThrow(/did not begin/);
  await expect(broken).rejects.not.toThrow(/my secret/);
});
