import { beforeAll, expect, test } from 'vitest';
import {
  ADA_AT_CONTOSO,
  CONSUMERS,
  startMicrosoft,
  TENANT,
} from '../harness/providers/microsoft.ts';
import type { OpenIdStandIn } from '../harness/providers/openid-stand-in.ts';
import { aProvider, identityOf, logInAt, socialWith } from '../harness/providers/social-login.ts';

// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
const OTHER = '99999999-2222-3333-4444-555555555555';
let any: OpenIdStandIn;
let one: OpenIdStandIn;
let personal: OpenIdStandIn;

beforeAll(async () => {
  any = await startMicrosoft();
  one = await startMicrosoft(TENANT);
  personal = await startMicrosoft('consumers');
});

const common = aProvider('waad', { useCommonEndpoint: true, userid_attribute: 'sub' });
const own = (options: Record<string, unknown> = {}) =>
  aProvider('waad', { tenantId: TENANT, tenant_domain: 'contoso.com', ...options });

test('an account of any organization logs in, and its key is tenant and account', async () => {
  const { asked, outcome } = await logInAt(socialWith([any]), common, any);
  expect(asked).toMatchObject({ code_challenge_method: 'S256', nonce: expect.any(String) });
  expect(identityOf(outcome)).toMatchObject({
    issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    subject: ADA_AT_CONTOSO.oid,
    userIdPart: ADA_AT_CONTOSO.sub,
    email: 'ada@contoso.com',
    emailVerified: false,
    isAuthoritative: false,
  });
});

test('the tenant of the token decides', async () => {
  const deps = socialWith([any]);
  const outcomeOf = async (claims: Record<string, unknown>) => {
    any.people = [{ ...ADA_AT_CONTOSO, ...claims }];
    return (await logInAt(deps, common, any)).outcome.kind;
  };
  expect(await outcomeOf({ tid: OTHER })).toBe('proved');
  expect(await outcomeOf({ tid: CONSUMERS })).toBe('failed');
  expect(await outcomeOf({ tid: undefined })).toBe('failed');
  expect(await outcomeOf({ tid: 'x/../y' })).toBe('failed');
  expect(await outcomeOf({ iss: `https://login.microsoftonline.com/${OTHER}/v2.0` })).toBe(
    'failed',
  );
  expect(await outcomeOf({ iss: 'https://evil.example/v2.0' })).toBe('failed');
  expect(await outcomeOf({ oid: undefined })).toBe('failed');
});

test('a connection to one tenant refuses the accounts of others', async () => {
  const deps = socialWith([one]);
  one.people = [ADA_AT_CONTOSO];
  expect((await logInAt(deps, own(), one)).outcome.kind).toBe('proved');
  one.people = [{ ...ADA_AT_CONTOSO, tid: OTHER }];
  expect((await logInAt(deps, own(), one)).outcome.kind).toBe('failed');
  const byOid = own({ userid_attribute: 'oid' });
  one.people = [ADA_AT_CONTOSO];
  const { outcome } = await logInAt(deps, byOid, one);
  expect(identityOf(outcome).userIdPart).toBe(`acme|${ADA_AT_CONTOSO.oid}`);
});

// The document of a tenant that is named by its domain has its id in the issuer, as v2-protocols-oidc says.
test('a tenant that is named by its domain is one tenant, too', async () => {
  const named = await startMicrosoft('contoso.com');
  const byDomain = aProvider('waad', { tenant_domain: 'Contoso.com' });
  const deps = socialWith([named]);
  const kindOf = async (claims: Record<string, unknown>) => {
    named.people = [{ ...ADA_AT_CONTOSO, ...claims }];
    return (await logInAt(deps, byDomain, named)).outcome.kind;
  };
  expect(await kindOf({})).toBe('proved');
  expect(await kindOf({ tid: OTHER })).toBe('failed');
  // The keys of all tenants are the same, so this one is signed as it should be.
  const own = `https://login.microsoftonline.com/${TENANT}/v2.0`;
  expect(await kindOf({ tid: OTHER, iss: own })).toBe('failed');
});

// https://learn.microsoft.com/entra/identity-platform/optional-claims-reference: xms_edov. Its absence says nothing.
test.for([
  [true, true],
  ['true', true],
  ['1', true],
  [1, true],
  [false, false],
  ['0', false],
  ['false', false],
  [0, false],
  [undefined, false],
  [null, false],
  ['yes', false],
])('an address with xms_edov %j counts as verified: %s', async ([edov, isVerified]) => {
  any.people = [{ ...ADA_AT_CONTOSO, xms_edov: edov, email_verified: true }];
  const { outcome } = await logInAt(socialWith([any]), common, any);
  expect(identityOf(outcome)).toMatchObject({ emailVerified: isVerified, isAuthoritative: false });
});

test('an operator can trust a tenant for its own domains, and for no others', async () => {
  const deps = socialWith([one]);
  const always = { should_trust_email_verified_connection: 'always_set_emails_as_verified' };
  const trusting = own({ ...always, domain_aliases: ['Contoso.example'] });
  const judged = async (email: string, provider = trusting) => {
    one.people = [{ ...ADA_AT_CONTOSO, email }];
    const { emailVerified, isAuthoritative } = identityOf(
      (await logInAt(deps, provider, one)).outcome,
    );
    return [emailVerified, isAuthoritative];
  };
  expect(await judged('ada@contoso.com')).toEqual([true, true]);
  expect(await judged('ada@contoso.example')).toEqual([true, true]);
  // nOAuth: an administrator of a tenant writes any address.
  expect(await judged('victim@gmail.com')).toEqual([false, false]);
  expect(await judged('victim@evil.contoso.com')).toEqual([false, false]);
  expect(await judged('ada@contoso.com', own())).toEqual([false, false]);
  any.people = [{ ...ADA_AT_CONTOSO, email: 'ada@contoso.com' }];
  const shared = aProvider('waad', {
    ...always,
    useCommonEndpoint: true,
    tenant_domain: 'contoso.com',
  });
  const { outcome } = await logInAt(socialWith([any]), shared, any);
  expect(identityOf(outcome)).toMatchObject({ emailVerified: false, isAuthoritative: false });
});

test('a personal account logs in by its former id, and an account of an organization does not', async () => {
  const deps = socialWith([personal]);
  const ada = { ...ADA_AT_CONTOSO, tid: CONSUMERS, oid: '00000000-0000-0000-dbce-5312345678ab' };
  personal.people = [{ ...ada, email: 'ada@outlook.com', xms_edov: true }];
  const { outcome } = await logInAt(deps, aProvider('windowslive'), personal);
  expect(identityOf(outcome)).toMatchObject({
    issuer: `https://login.microsoftonline.com/${CONSUMERS}/v2.0`,
    subject: ada.oid,
    userIdPart: 'dbce5312345678ab',
    emailVerified: true,
    isAuthoritative: true,
  });
  personal.people = [ADA_AT_CONTOSO];
  expect((await logInAt(deps, aProvider('windowslive'), personal)).outcome.kind).toBe('failed');
});
