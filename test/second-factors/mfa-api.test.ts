import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Text } from '../../src/outbound/sms/sms.ts';
import { hashPassword } from '../../src/platform/password-hash/password-hash.ts';
import { setPassword } from '../../src/records/passwords/passwords.ts';
import type { User } from '../../src/records/users/users.ts';
import {
  API,
  aClient,
  anApi,
  aUser,
  type Door,
  keys,
  openDoor,
  postToken,
} from '../authentication/fixture.ts';
import { freshDatabase } from '../harness/harness.ts';
import { aMethod, configure, otpAt, SECRET, wrongOtp } from './factors.ts';

const PASSWORD = 'Tulip-Canal-77';
const GRANT = 'http://auth0.com/oauth/grant-type/';

let door: Door;
let app: { id: string; secret: string };
let hash: string;
const texts: Text[] = [];

beforeAll(async () => {
  door = await openDoor(await freshDatabase(), {
    smsSender: async () => ({
      async send(text) {
        texts.push(text);
        return { kind: 'sent' };
      },
    }),
  });
  hash = await hashPassword(PASSWORD);
  await anApi(door);
  app = await aClient(door, {
    grantTypes: [
      'password',
      `${GRANT}password-realm`,
      'refresh_token',
      `${GRANT}mfa-otp`,
      `${GRANT}mfa-oob`,
      `${GRANT}mfa-recovery-code`,
    ],
  });
  return () => door.close();
});

beforeEach(() =>
  configure(door.database.db, { factors: ['otp', 'sms', 'email', 'recovery-code'] }),
);

async function aPerson(): Promise<User> {
  const user = await aUser(door);
  await door.database.db
    .transaction()
    .execute((tx) =>
      setPassword(tx, { userId: user.id, phc: hash, at: new Date(), historySize: 0 }),
    );
  return user;
}

const withFactor = (user: User, method: Omit<Parameters<typeof aMethod>[1], 'userId'>) =>
  aMethod(
    { db: door.database.db, key: keys.encryption, now: new Date() },
    { userId: user.id, ...method },
  );

type Body = Record<string, unknown> & {
  mfa_token: string;
  access_token: string;
  oob_code: string;
  recovery_code: string;
  error?: string;
};
const client = () => ({ client_id: app.id, client_secret: app.secret });

const logIn = (user: User, more = {}) =>
  postToken<Body>(door, {
    grant_type: `${GRANT}password-realm`,
    realm: 'con_test',
    username: user.email,
    password: PASSWORD,
    audience: API,
    scope: 'openid read:things',
    ...client(),
    ...more,
  });

const grant = (name: string, fields: Record<string, unknown>) =>
  postToken<Body>(door, { grant_type: GRANT + name, ...client(), ...fields });

async function mfa<T = Body>(
  method: string,
  path: string,
  body?: Record<string, unknown>,
  token?: string,
): Promise<{ status: number; body: T }> {
  const answer = await fetch(`${door.url}/mfa/${path}`, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as T };
}

const codeIn = (text: string | undefined) => /\b\d{6}\b/.exec(text ?? '')?.[0] ?? '';

describe('a login with a password', () => {
  test('is answered mfa_required, and a code gives the requested tokens', async () => {
    const user = await aPerson();
    await withFactor(user, { kind: 'totp', totpSecret: SECRET });
    const first = await logIn(user);
    expect([first.status, first.body]).toEqual([
      403,
      {
        error: 'mfa_required',
        error_description: 'Multifactor authentication required',
        mfa_token: expect.any(String),
        mfa_requirements: { challenge: [{ type: 'otp' }] },
      },
    ]);
    const { mfa_token } = first.body;
    expect(
      (await mfa('POST', 'challenge', { mfa_token, challenge_type: 'otp', ...client() })).body,
    ).toEqual({ challenge_type: 'otp' });
    const wrong = await grant('mfa-otp', { mfa_token, otp: wrongOtp(SECRET, new Date()) });
    expect([wrong.status, wrong.body]).toEqual([
      403,
      { error: 'invalid_grant', error_description: 'Invalid otp_code.' },
    ]);
    const done = await grant('mfa-otp', { mfa_token, otp: otpAt(SECRET, new Date()) });
    expect(done.status).toBe(200);
    expect(decodeJwt(done.body.access_token)).toMatchObject({
      sub: user.id,
      scope: 'openid read:things',
    });
    expect(decodeJwt(String(done.body.id_token))).toMatchObject({ amr: ['pwd', 'mfa', 'otp'] });
    const again = await grant('mfa-otp', {
      mfa_token,
      otp: otpAt(SECRET, new Date(Date.now() + 30_000)),
    });
    expect([again.status, again.body.error]).toEqual([401, 'expired_token']);
  });

  test('can finish with a code by text, which stays pending until it is typed', async () => {
    const user = await aPerson();
    const id = await withFactor(user, { kind: 'phone', phoneNumber: '+491701234567' });
    const { mfa_token } = (await logIn(user)).body;
    const asked = await mfa('POST', 'challenge', {
      mfa_token,
      challenge_type: 'oob',
      authenticator_id: `sms|${id}`,
      ...client(),
    });
    expect([asked.status, asked.body]).toEqual([
      200,
      { challenge_type: 'oob', oob_code: expect.any(String), binding_method: 'prompt' },
    ]);
    const { oob_code } = asked.body;
    const waiting = await grant('mfa-oob', { mfa_token, oob_code });
    expect([waiting.status, waiting.body]).toEqual([
      400,
      {
        error: 'authorization_pending',
        error_description: 'Authorization pending: please repeat the request in a few seconds.',
      },
    ]);
    const binding_code = codeIn(texts.at(-1)?.text);
    const stranger = await aPerson();
    await withFactor(stranger, { kind: 'phone', phoneNumber: '+491709999999' });
    const theirs = (await logIn(stranger)).body.mfa_token;
    const crossed = await grant('mfa-oob', { mfa_token: theirs, oob_code, binding_code });
    expect([crossed.status, crossed.body.error]).toEqual([403, 'invalid_grant']);
    const done = await grant('mfa-oob', { mfa_token, oob_code, binding_code });
    expect([done.status, decodeJwt(done.body.access_token).sub]).toEqual([200, user.id]);
  });

  test('can finish with a recovery code, and the answer has the next one', async () => {
    const user = await aPerson();
    const { mfa_token } = (await logIn(user)).body;
    const begun = await mfa<{ secret: string; barcode_uri: string; recovery_codes: string[] }>(
      'POST',
      'associate',
      { authenticator_types: ['otp'] },
      mfa_token,
    );
    expect(begun.body.barcode_uri).toContain(`secret=${begun.body.secret}&`);
    const [code] = begun.body.recovery_codes;
    expect(code).toMatch(/^[A-Z0-9]{24}$/);
    expect(
      (await grant('mfa-otp', { mfa_token, otp: otpAt(begun.body.secret, new Date()) })).status,
    ).toBe(200);
    const second = (await logIn(user)).body;
    expect(second.mfa_requirements).toEqual({
      challenge: [{ type: 'otp' }, { type: 'recovery-code' }],
    });
    const used = await grant('mfa-recovery-code', {
      mfa_token: second.mfa_token,
      recovery_code: code,
    });
    expect([used.status, used.body.recovery_code]).toEqual([
      200,
      expect.stringMatching(/^[A-Z0-9]{24}$/),
    ]);
    expect(used.body.recovery_code).not.toBe(code);
    const third = (await logIn(user)).body.mfa_token;
    expect(
      (await grant('mfa-recovery-code', { mfa_token: third, recovery_code: code })).status,
    ).toBe(403);
  });

  test('belongs to the client that began it', async () => {
    const user = await aPerson();
    await withFactor(user, { kind: 'totp', totpSecret: SECRET });
    const { mfa_token } = (await logIn(user)).body;
    const other = await aClient(door, { grantTypes: [`${GRANT}mfa-otp`] });
    const answer = await grant('mfa-otp', {
      mfa_token,
      otp: otpAt(SECRET, new Date()),
      client_id: other.id,
      client_secret: other.secret,
    });
    expect([answer.status, answer.body.error]).toEqual([403, 'invalid_grant']);
  });

  test('waits ten minutes', async () => {
    const user = await aPerson();
    await withFactor(user, { kind: 'totp', totpSecret: SECRET });
    const { mfa_token } = (await logIn(user)).body;
    await sql`update mfa_tokens set expires_at = now() - interval '1 second'`.execute(
      door.database.db,
    );
    const late = await grant('mfa-otp', { mfa_token, otp: otpAt(SECRET, new Date()) });
    expect([late.status, late.body]).toEqual([
      401,
      { error: 'expired_token', error_description: 'mfa_token is expired' },
    ]);
    expect((await mfa('GET', 'authenticators', undefined, mfa_token)).status).toBe(401);
  });
});

describe("a user's own factors", () => {
  test('can be enrolled with mfa_token only while the user has none', async () => {
    const user = await aPerson();
    const first = await logIn(user);
    expect(first.body.mfa_requirements).toEqual({
      enroll: [{ type: 'otp' }, { type: 'phone' }, { type: 'email' }],
    });
    const { mfa_token } = first.body;
    const sms = await mfa(
      'POST',
      'associate',
      { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: '+491701112233' },
      mfa_token,
    );
    expect(sms.body).toMatchObject({
      authenticator_type: 'oob',
      binding_method: 'prompt',
      oob_channel: 'sms',
    });
    // Another request wins the race.
    await withFactor(user, { kind: 'totp', totpSecret: SECRET });
    const late = await grant('mfa-oob', {
      mfa_token,
      oob_code: sms.body.oob_code,
      binding_code: codeIn(texts.at(-1)?.text),
    });
    expect(late.status).toBe(403);
    const more = await mfa('POST', 'associate', { authenticator_types: ['otp'] }, mfa_token);
    expect([more.status, more.body]).toEqual([
      403,
      { error: 'access_denied', error_description: 'User is already enrolled.' },
    ]);
  });

  test('come with a recovery code that counts only with them', async () => {
    const user = await aPerson();
    const guess = (await logIn(user)).body.mfa_token;
    const abandoned = await mfa<{ recovery_codes: string[] }>(
      'POST',
      'associate',
      { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: '+491701112233' },
      guess,
    );
    const { mfa_token } = (await logIn(user)).body;
    const own = await mfa<{ secret: string; recovery_codes: string[] }>(
      'POST',
      'associate',
      { authenticator_types: ['otp'] },
      mfa_token,
    );
    // An attacker with only the password can begin a login again, and never finish it.
    await mfa(
      'POST',
      'associate',
      { authenticator_types: ['oob'], oob_channels: ['email'] },
      guess,
    );
    const otp = otpAt(own.body.secret, new Date());
    expect((await grant('mfa-otp', { mfa_token, otp })).status).toBe(200);
    const codes = [abandoned.body.recovery_codes[0], own.body.recovery_codes[0]];
    const statuses: number[] = [];
    for (const recovery_code of codes) {
      const next = (await logIn(user)).body.mfa_token;
      statuses.push((await grant('mfa-recovery-code', { mfa_token: next, recovery_code })).status);
    }
    expect(statuses).toEqual([403, 200]);
  });

  test('are listed, added and removed with an access token for them', async () => {
    const user = await aPerson();
    const phone = await withFactor(user, { kind: 'phone', phoneNumber: '+491701234567' });
    const totp = await withFactor(user, { kind: 'totp', totpSecret: SECRET });
    const { mfa_token } = (
      await logIn(user, {
        audience: `${door.url}/mfa/`,
        scope: 'enroll read:authenticators remove:authenticators',
      })
    ).body;
    const { access_token } = (await grant('mfa-otp', { mfa_token, otp: otpAt(SECRET, new Date()) }))
      .body;
    expect(decodeJwt(access_token)).toMatchObject({
      aud: `${door.url}/mfa/`,
      scope: 'enroll read:authenticators remove:authenticators',
    });
    const list = await mfa('GET', 'authenticators', undefined, access_token);
    expect(list.body).toHaveLength(2);
    expect(list.body).toEqual(
      expect.arrayContaining([
        {
          id: `sms|${phone}`,
          authenticator_type: 'oob',
          active: true,
          oob_channel: 'sms',
          name: 'XXXXXXXXX4567',
        },
        { id: `totp|${totp}`, authenticator_type: 'otp', active: true },
      ]),
    );
    expect(
      (
        await mfa(
          'DELETE',
          `authenticators/${encodeURIComponent(`sms|${phone}`)}`,
          undefined,
          access_token,
        )
      ).status,
    ).toBe(204);
    const mail = await mfa(
      'POST',
      'associate',
      { authenticator_types: ['oob'], oob_channels: ['email'], email: 'second@example.test' },
      access_token,
    );
    expect(mail.body).toMatchObject({ oob_channel: 'email', oob_code: expect.any(String) });
  });

  test('cannot be removed with the password alone', async () => {
    const user = await aPerson();
    const totp = await withFactor(user, { kind: 'totp', totpSecret: SECRET });
    const { mfa_token } = (await logIn(user)).body;
    expect(
      (await mfa('DELETE', `authenticators/totp%7C${totp}`, undefined, mfa_token)).status,
    ).toBe(403);
    expect((await mfa('GET', 'authenticators', undefined, mfa_token)).body).toHaveLength(1);
  });

  test.each([
    '',
    'nonsense',
    'mfa_nonsense',
    'a.b.c',
  ])('are out of reach for the token %j', async (token) => {
    expect((await mfa('GET', 'authenticators', undefined, token)).status).toBe(401);
    expect((await mfa('POST', 'associate', { authenticator_types: ['otp'] }, token)).status).toBe(
      401,
    );
    expect((await mfa('POST', 'challenge', { mfa_token: token })).status).toBe(401);
  });
});

test('a user gets at most ten texts an hour', async () => {
  const user = await aPerson();
  await withFactor(user, { kind: 'phone', phoneNumber: '+491701111111' });
  const { mfa_token } = (await logIn(user)).body;
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) {
    statuses.push((await mfa('POST', 'challenge', { mfa_token, challenge_type: 'oob' })).status);
  }
  expect(statuses).toEqual([...Array(10).fill(200), 429]);
});

test('guesses are limited, however many tokens and codes are requested', async () => {
  const user = await aPerson();
  await withFactor(user, { kind: 'totp', totpSecret: SECRET });
  const otp = wrongOtp(SECRET, new Date());
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const { mfa_token } = (await logIn(user)).body;
    statuses.push((await grant('mfa-otp', { mfa_token, otp })).status);
  }
  expect(statuses).toEqual([...Array(11).fill(403), 429]);
});
