import { beforeAll, beforeEach, expect, test } from 'vitest';
import { startLinkedin } from '../harness/providers/linkedin.ts';
import { ADA, type OpenIdStandIn } from '../harness/providers/openid-stand-in.ts';
import { aProvider, identityOf, logInAt, socialWith } from '../harness/providers/social-login.ts';

// https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
let linkedin: OpenIdStandIn;
let deps: ReturnType<typeof socialWith>;
const provider = aProvider('linkedin');

beforeAll(async () => {
  linkedin = await startLinkedin();
});

beforeEach(() => {
  deps = socialWith([linkedin]);
  linkedin.people = [{ ...ADA, sub: '782bbtaQ', email_verified: 'true' }];
});

test('a person logs in with LinkedIn, without a nonce and without PKCE', async () => {
  const { asked, begun, outcome } = await logInAt(deps, provider, linkedin);
  expect([begun.nonce, begun.verifier]).toEqual([null, null]);
  expect(asked).not.toHaveProperty('nonce');
  expect(asked).not.toHaveProperty('code_challenge');
  expect(identityOf(outcome)).toMatchObject({
    issuer: 'https://www.linkedin.com/oauth',
    subject: '782bbtaQ',
    userIdPart: '782bbtaQ',
    email: 'ada@example.com',
    emailVerified: true,
    isAuthoritative: false,
  });
});

test('the former issuer is LinkedIn too, and the identity stays the same', async () => {
  const { issuer } = linkedin;
  Object.assign(linkedin, { issuer: 'https://www.linkedin.com' });
  linkedin.metadata.issuer = 'https://www.linkedin.com';
  const { outcome } = await logInAt(deps, provider, linkedin);
  expect(identityOf(outcome).issuer).toBe('https://www.linkedin.com/oauth');
  linkedin.metadata.issuer = 'https://www.linkedin.com.evil.example';
  deps = socialWith([linkedin]);
  await expect(logInAt(deps, provider, linkedin)).rejects.toThrow(/another issuer/);
  Object.assign(linkedin, { issuer });
  linkedin.metadata.issuer = issuer;
});

test('an unverified or missing address does not count', async () => {
  for (const [email, verified] of [
    ['ada@example.com', 'false'],
    ['ada@example.com', undefined],
    [undefined, 'true'],
  ]) {
    linkedin.people = [{ ...ADA, sub: '782bbtaQ', email, email_verified: verified }];
    const { outcome } = await logInAt(deps, provider, linkedin);
    expect(identityOf(outcome).emailVerified).toBe(false);
  }
});
