import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ADA,
  type OpenIdStandIn,
  startOpenIdStandIn,
} from '../harness/providers/openid-stand-in.ts';
import { aProvider, identityOf, logInAt, socialWith } from '../harness/providers/social-login.ts';
import { signIdToken, signingKey } from '../harness/providers/tokens.ts';

let standIn: OpenIdStandIn;
let deps: ReturnType<typeof socialWith>;

beforeAll(async () => {
  standIn = await startOpenIdStandIn();
});

beforeEach(async () => {
  deps = socialWith([]);
  standIn.makeIdToken = signIdToken;
  standIn.override = null;
  standIn.people = [ADA];
  standIn.keys = [{ ...(await signingKey()).jwk }];
});

const acme = () =>
  aProvider('oidc', {
    type: 'back_channel',
    issuer: standIn.url,
    domain_aliases: ['example.com'],
  });
const outcomeNow = async () => (await logInAt(deps, acme(), standIn)).outcome;

describe('an answer that is larger than any real one is not read to its end:', () => {
  test.for(['/token', '/jwks', '/userinfo'])('%s', async (path) => {
    const huge = JSON.stringify({ padding: 'x'.repeat(2_000_000) });
    standIn.override = (asked) =>
      asked.path === path
        ? { headers: { 'content-type': 'application/json' }, body: huge }
        : undefined;
    const outcome = await outcomeNow();
    expect(outcome).toEqual({ kind: 'unavailable', why: expect.stringContaining('bytes') });
  });
});

test('a redirect into the own network of the server is not followed', async () => {
  const called: string[] = [];
  const inside = createServer((request, response) => {
    called.push(String(request.url));
    response.end('{}');
  });
  const port = Number(new URL(standIn.url).port);
  await new Promise<void>((resolve) => inside.listen(port, '127.0.0.2', resolve));
  try {
    for (const path of ['/jwks', '/userinfo', '/token']) {
      for (const location of [
        `http://127.0.0.2:${port}/secret`,
        'http://169.254.169.254/latest/meta-data',
      ]) {
        deps = socialWith([]);
        standIn.override = (asked) =>
          asked.path === path ? { status: 302, headers: { location } } : undefined;
        expect((await outcomeNow()).kind, `${path} to ${location}`).not.toBe('proved');
      }
    }
    expect(called).toEqual([]);
  } finally {
    inside.close();
  }
});

describe('among many keys', () => {
  const others = async (count: number) => {
    const { publicKey } = await generateKeyPair('RS256');
    const key = await exportJWK(publicKey);
    return Array.from({ length: count }, (_, index) => ({
      ...key,
      kid: `other-${index}`,
      alg: 'RS256',
    }));
  };

  test('the right one is found by its id', async () => {
    standIn.keys = [...(await others(400)), ...standIn.keys];
    expect((await outcomeNow()).kind).toBe('proved');
  });

  test('thousands are more than any provider has', async () => {
    standIn.keys = [...(await others(4000)), ...standIn.keys];
    expect((await outcomeNow()).kind).toBe('unavailable');
  });
});

describe('what a provider says about a person', () => {
  const personOf = async (claims: Record<string, unknown>) => {
    standIn.people = [{ ...ADA, ...claims }];
    return identityOf(await outcomeNow());
  };

  test('has an address only if mail can be sent there', async () => {
    for (const email of [
      'ada\u0000@example.com',
      'ada\r\nbcc: eve@example.com',
      'ada\u202e@example.com',
      `${'a'.repeat(330)}@example.com`,
      'ada@example.com, eve@example.com',
      '"ada eve"@example.com',
      ['ada@example.com'],
      { toString: 'ada@example.com' },
      '',
    ]) {
      const kind = email === 'ada\u0000@example.com' ? 'failed' : 'proved';
      standIn.people = [{ ...ADA, email }];
      const outcome = await outcomeNow();
      expect(outcome.kind, JSON.stringify(email)).toBe(kind);
      if (outcome.kind !== 'proved') continue;
      const { email: stored, emailVerified, isAuthoritative } = outcome.identity;
      expect([stored, emailVerified, isAuthoritative]).toEqual([null, false, false]);
    }
  });

  test('verifies an address only with a yes', async () => {
    for (const [said, isVerified] of [
      [true, true],
      ['true', true],
      ['false', false],
      ['yes', false],
      [null, false],
      [{}, false],
      [[true], false],
    ] as const) {
      const { emailVerified } = await personOf({ email_verified: said });
      expect(emailVerified, JSON.stringify(said)).toBe(isVerified);
    }
  });

  test('has a picture only at an address of the web', async () => {
    for (const picture of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'file:///etc/passwd',
      '//images.example.com/a.png',
      `https://images.example.com/${'a'.repeat(3000)}`,
      ['https://images.example.com/a.png'],
    ]) {
      const { profile } = await personOf({ picture });
      expect(profile.picture, String(picture).slice(0, 60)).toBeNull();
    }
  });

  test('has a name that turns no text around and ends no line', async () => {
    const { profile } = await personOf({
      name: 'Ada \u202eecalevoL\u202c\nadmin\u2028',
      given_name: '\u2066Ada\u2069',
      family_name: '<img src=x onerror=alert(1)>',
      nickname: { a: 1 },
    });
    expect(profile).toMatchObject({
      name: 'Ada ecalevoL admin',
      givenName: 'Ada',
      // Pages and mails escape it.
      familyName: '<img src=x onerror=alert(1)>',
      nickname: 'ada',
    });
    expect((await personOf({ name: 'x'.repeat(5000) })).profile.name).toHaveLength(300);
  });
});
