import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ADA_AT_GITHUB, startGithub } from '../harness/providers/github.ts';
import { aProvider, identityOf, logInAt, socialWith } from '../harness/providers/social-login.ts';
import type { StandIn } from '../harness/providers/stand-in.ts';

// https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
let github: StandIn;
let deps: ReturnType<typeof socialWith>;
const provider = aProvider('github');

beforeAll(async () => {
  github = await startGithub();
  deps = socialWith([github]);
});

beforeEach(() => {
  github.people = [ADA_AT_GITHUB];
  github.override = null;
});

test('a person logs in with GitHub, with PKCE, by the number of the account', async () => {
  const { asked, begun, outcome } = await logInAt(deps, provider, github);
  expect(asked).toMatchObject({ scope: 'read:user user:email', code_challenge_method: 'S256' });
  expect(begun.nonce).toBeNull();
  expect(identityOf(outcome)).toMatchObject({
    issuer: github.url,
    subject: '583231',
    userIdPart: '583231',
    email: 'ada@example.com',
    emailVerified: true,
    isAuthoritative: false,
    profile: { name: 'Ada Lovelace', nickname: 'ada', username: 'ada' },
    tokens: { scope: 'read:user user:email', expiresAt: null },
  });
});

// https://docs.github.com/rest/users/emails
test.for([
  [[{ email: 'ada@example.com', primary: true, verified: true }], 'ada@example.com', true],
  [[{ email: 'ada@example.com', primary: true, verified: false }], 'public@example.com', false],
  [[{ email: 'other@example.com', primary: false, verified: true }], 'public@example.com', false],
  [[{ email: '583231+ada@users.noreply.github.com', primary: true, verified: true }], null, false],
  [[], 'public@example.com', false],
  [{}, 'public@example.com', false],
  // An app without the permission "Email addresses".
  [undefined, 'public@example.com', false],
] as const)('with the addresses %j the address is %s, verified: %s', async ([
  emails,
  email,
  isVerified,
]) => {
  github.people = [{ ...ADA_AT_GITHUB, emails }];
  const { outcome } = await logInAt(deps, provider, github);
  expect(identityOf(outcome)).toMatchObject({ email, emailVerified: isVerified });
});

test('an error of the token endpoint counts although its status is 200', async () => {
  const { outcome } = await logInAt(deps, provider, github, {
    answer: (fields) => ({ ...fields, code: 'used' }),
  });
  expect(outcome).toEqual({
    kind: 'failed',
    why: 'The provider answered 400 bad_verification_code: The code passed is incorrect or expired.',
  });
});

test('an account needs a number, not a name', async () => {
  for (const id of [undefined, '583231', 1.5, { a: 1 }]) {
    github.people = [{ ...ADA_AT_GITHUB, id }];
    const { outcome } = await logInAt(deps, provider, github);
    expect(outcome.kind, String(id)).toBe('failed');
  }
});

test('a provider that is down is not a failed login', async () => {
  github.override = ({ path }) => (path === '/user' ? { status: 503 } : undefined);
  const { outcome } = await logInAt(deps, provider, github);
  expect(outcome).toEqual({ kind: 'unavailable', why: 'The provider answered 503.' });
  github.override = ({ path }) => (path === '/user/emails' ? { status: 500 } : undefined);
  expect((await logInAt(deps, provider, github)).outcome.kind).toBe('unavailable');
});
