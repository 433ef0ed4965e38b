import { describe, expect, test } from 'vitest';
import { identifiersOf } from '../../../records/connections/connections.ts';
import { validateRow } from './validate-row.ts';

/** A connection whose users have usernames. */
const RULES = identifiersOf({
  options: { requires_username: true, validation: { username: { min: 1, max: 128 } } },
});

const EMAIL = 'ann@example.com';

function validate(row: unknown) {
  return validateRow(Buffer.from(typeof row === 'string' ? row : JSON.stringify(row)), RULES);
}

/** Returns `code path` of each error of a row with these properties and a valid address. */
function errorsOf(properties: Record<string, unknown>): string[] {
  const verdict = validate({ email: EMAIL, ...properties });
  if (verdict.kind === 'user') return [];
  return verdict.errors.map(({ code, path }) => `${code} ${path}`);
}

describe('a row', () => {
  test('with every property becomes a user', () => {
    const verdict = validate({
      email: 'Ann.Smith+x@Example.COM',
      email_verified: true,
      username: 'Ann_S',
      phone_number: '+14155550100',
      phone_verified: false,
      user_id: 'legacy|42',
      given_name: 'Ann',
      family_name: 'Smith',
      name: 'Ann Smith',
      nickname: 'ann',
      picture: 'https://cdn.example.com/a.png?s=1',
      blocked: false,
      app_metadata: { plan: 'gold', nested: { email: 'fine below the first level' } },
      user_metadata: { email: 'fine here' },
      password_hash: '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K',
      mfa_factors: [
        { totp: { secret: 'JBSWY3DPEHPK3PXP' } },
        { phone: { value: '+4912345' } },
        { email: { value: 'Second@example.com' } },
      ],
    });
    expect(verdict).toEqual({
      kind: 'user',
      user: {
        email: 'ann.smith+x@example.com',
        emailVerified: true,
        username: 'ann_s',
        phoneNumber: '+14155550100',
        phoneVerified: false,
        userId: 'legacy|42',
        foreignId: 'legacy|42',
        givenName: 'Ann',
        familyName: 'Smith',
        name: 'Ann Smith',
        nickname: 'ann',
        picture: 'https://cdn.example.com/a.png?s=1',
        blocked: false,
        appMetadata: { plan: 'gold', nested: { email: 'fine below the first level' } },
        userMetadata: { email: 'fine here' },
        password: {
          algorithm: 'bcrypt',
          hash: {
            value: '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K',
            encoding: 'utf8',
          },
        },
        mfaFactors: [
          { totp: { secret: 'JBSWY3DPEHPK3PXP' } },
          { phone: { value: '+4912345' } },
          { email: { value: 'second@example.com' } },
        ],
      },
    });
  });

  test('with nothing but an address is a user without a verified address', () => {
    expect(validate({ email: EMAIL })).toEqual({
      kind: 'user',
      user: { email: EMAIL, emailVerified: undefined },
    });
  });

  test.each(['null', '1', '"text"', '[]', '[{}]', 'true'])('that is %s is no object', (json) => {
    expect(validate(json)).toMatchObject({
      kind: 'rejected',
      errors: [{ code: 'OBJECT_REQUIRED' }],
      echo: null,
    });
  });

  test.each([
    '{"email":"a@example.com","password_hash":"$2b$10$secretsecret" oops}',
    '{"password_hash":"$2b$10$secretsecret"',
    '{"password_hash":"$2b$10$secretsecret\n"}',
    '{secretsecret}',
    'secretsecret',
    '',
  ])('that is not JSON is refused without quoting it: %j', (json) => {
    const verdict = validate(json);
    expect(verdict).toMatchObject({
      kind: 'rejected',
      errors: [{ code: 'INVALID_JSON' }],
      echo: null,
    });
    expect(JSON.stringify(verdict)).not.toContain('secret');
  });

  test.each([
    '{"email":"a@example.com","user_metadata":{"n":1e400}}',
    `{"email":"a@example.com","app_metadata":{"n":[-${'9'.repeat(400)}]}}`,
  ])('whose number would become null is refused: %s', (json) => {
    expect(validate(json)).toMatchObject({ kind: 'rejected', errors: [{ code: 'MAXIMUM' }] });
  });

  test('reports all its errors with paths and advice', () => {
    const verdict = validate({ email: 'nobody', blocked: 'yes', phone_number: '555', extra: 1 });
    expect(verdict).toMatchObject({
      errors: [
        { code: 'FORMAT', path: 'email', message: expect.stringContaining('name@example.com') },
        {
          code: 'INVALID_TYPE',
          path: 'blocked',
          message: expect.stringContaining('true or false'),
        },
        { code: 'PATTERN', path: 'phone_number', message: expect.stringContaining('+14155550100') },
        {
          code: 'NOT_PASSED',
          path: 'extra',
          message: expect.stringContaining('Additional properties not allowed: extra'),
        },
      ],
    });
  });

  test('reports twenty errors at most', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x${i}`, i]));
    expect(errorsOf(many)).toHaveLength(20);
  });

  test('without an address misses a required property', () => {
    expect(validate({ name: 'Ann' })).toMatchObject({
      errors: [
        { code: 'OBJECT_REQUIRED', path: 'email', message: 'Missing required property: email' },
      ],
    });
  });

  test('with a password in clear text is told what to give instead, and does not show it', () => {
    const verdict = validate({ email: EMAIL, password: 'hunter2' });
    expect(verdict).toMatchObject({
      errors: [{ code: 'NOT_PASSED', message: expect.stringContaining('password_hash') }],
      echo: { email: EMAIL, password: '*****' },
    });
  });

  test('with a misspelt property is told the right one', () => {
    expect(validate({ email: EMAIL, emailVerified: true })).toMatchObject({
      errors: [{ message: expect.stringContaining('did you mean email_verified?') }],
    });
  });
});

describe('addresses', () => {
  test.each([
    'a@b.co',
    'first.last+tag@sub.example.com',
    "o'neil@example.com",
    'x_y-z@xn--bcher-kva.example',
    `${'a'.repeat(64)}@example.com`,
  ])('%s is accepted', (email) => {
    expect(validate({ email })).toMatchObject({ kind: 'user', user: { email } });
  });

  test.each([
    [' Ann@Example.com ', 'ann@example.com'],
    ['ann@localhost', 'ann@localhost'],
    ['zoe\u0308@bücher.example', 'zoë@xn--bcher-kva.example'],
  ])('%j is kept as %s', (typed, email) => {
    expect(validate({ email: typed })).toMatchObject({ kind: 'user', user: { email } });
  });

  test.each([
    ['', 'FORMAT'],
    ['ann', 'FORMAT'],
    ['@example.com', 'FORMAT'],
    ['ann@', 'FORMAT'],
    ['ann@@example.com', 'FORMAT'],
    ['a..b@example.com', 'FORMAT'],
    ['.a@example.com', 'FORMAT'],
    ['ann @example.com', 'FORMAT'],
    ['ann@example.com\n', 'FORMAT'],
    ['ann@-example.com', 'FORMAT'],
    ['ann@example..com', 'FORMAT'],
    ['ann@127.0.0.1', 'FORMAT'],
    ['a@x.com,b@x.com', 'FORMAT'],
    ['Ann <ann@example.com>', 'FORMAT'],
    [`${'a'.repeat(65)}@example.com`, 'FORMAT'],
    [`a@${'b'.repeat(60)}.${'c.'.repeat(150)}com`, 'MAX_LENGTH'],
    [null, 'INVALID_TYPE'],
    [7, 'INVALID_TYPE'],
  ])('%j is refused as %s', (email, code) => {
    expect(validate({ email })).toMatchObject({ errors: [{ code, path: 'email' }] });
  });
});

describe('properties', () => {
  test.each([
    [{ email_verified: 'true' }, ['INVALID_TYPE email_verified']],
    [{ email_verified: null }, ['INVALID_TYPE email_verified']],
    [{ phone_verified: 1 }, ['INVALID_TYPE phone_verified']],
    [{ phone_number: '+1 415' }, ['PATTERN phone_number']],
    [{ phone_number: '+1234567890123456' }, ['PATTERN phone_number']],
    [{ username: '' }, ['MIN_LENGTH username']],
    [{ username: 'a b' }, ['PATTERN username']],
    [{ username: 'x@example.com' }, ['FORMAT username']],
    [{ username: 'a'.repeat(129) }, ['MAX_LENGTH username']],
    [{ user_id: 'a b' }, ['PATTERN user_id']],
    [{ user_id: 42 }, ['INVALID_TYPE user_id']],
    [{ user_id: 'a'.repeat(256) }, ['MAX_LENGTH user_id']],
    [{ user_id: `auth0|${'a'.repeat(256)}` }, ['MAX_LENGTH user_id']],
    [{ given_name: '' }, ['MIN_LENGTH given_name']],
    [{ given_name: 'a'.repeat(151) }, ['MAX_LENGTH given_name']],
    [{ family_name: 'a'.repeat(151) }, ['MAX_LENGTH family_name']],
    [{ name: 'a'.repeat(301) }, ['MAX_LENGTH name']],
    [{ nickname: 'a'.repeat(301) }, ['MAX_LENGTH nickname']],
    [{ picture: '/a.png' }, ['FORMAT picture']],
    [{ picture: 'javascript:alert(1)' }, ['FORMAT picture']],
    [{ app_metadata: [] }, ['INVALID_TYPE app_metadata']],
    [{ user_metadata: 'x' }, ['INVALID_TYPE user_metadata']],
    [
      { app_metadata: { blocked: true, loginsCount: 1, ok: 1 } },
      ['NOT_PASSED app_metadata.blocked', 'NOT_PASSED app_metadata.loginsCount'],
    ],
    [{ name: 'a\0b' }, ['PATTERN name']],
    [{ user_metadata: { a: [{ b: '\0' }] } }, ['PATTERN user_metadata.a[0].b']],
    [{ user_metadata: { 'x\0': 1 } }, ['PATTERN user_metadata.x\ufffd']],
    [{ mfa_factors: {} }, ['INVALID_TYPE mfa_factors']],
    [{ mfa_factors: [] }, ['ARRAY_LENGTH_SHORT mfa_factors']],
    [{ mfa_factors: Array(11).fill({ totp: { secret: 'A' } }) }, ['ARRAY_LENGTH_LONG mfa_factors']],
    [{ mfa_factors: [{}] }, ['NOT_PASSED mfa_factors[0]']],
    [
      { mfa_factors: [{ totp: { secret: 'A' }, phone: { value: '+1' } }] },
      ['NOT_PASSED mfa_factors[0]'],
    ],
    [{ mfa_factors: [{ totp: { secret: 'abc' } }] }, ['PATTERN mfa_factors[0].totp.secret']],
    [{ mfa_factors: [{ totp: {} }] }, ['OBJECT_REQUIRED mfa_factors[0].totp.secret']],
    [{ mfa_factors: [{ phone: { value: '1' } }] }, ['PATTERN mfa_factors[0].phone.value']],
    [{ mfa_factors: [{ email: { value: 'x' } }] }, ['FORMAT mfa_factors[0].email.value']],
    [
      { mfa_factors: [{ sms: {} }] },
      ['NOT_PASSED mfa_factors[0].sms', 'NOT_PASSED mfa_factors[0]'],
    ],
    [{ mfa_factors: [null] }, ['INVALID_TYPE mfa_factors[0]']],
  ])('%j gives %j', (properties, errors) => {
    expect(errorsOf(properties)).toEqual(errors);
  });

  test('half a surrogate pair is refused, in values and in keys', () => {
    const halves = validate(
      `{"email":"${EMAIL}","name":"\\ud800","user_metadata":{"\\udc00":"😀\\ud83d\\ude00"}}`,
    );
    expect(halves).toMatchObject({
      errors: [
        { code: 'PATTERN', path: 'name' },
        { code: 'PATTERN', path: 'user_metadata.\ufffd' },
      ],
    });
  });
});

describe('keys written twice', () => {
  test.each([
    [`{"email":"${EMAIL}","email":"eve@example.com"}`, 'email'],
    [`{"email":"${EMAIL}","\\u0065mail":"eve@example.com"}`, 'email'],
    [
      `{"email":"${EMAIL}","app_metadata":{"a":{"role":"user","role":"admin"}}}`,
      'app_metadata.a.role',
    ],
    [
      `{"email":"${EMAIL}","user_metadata":{"l":[{"a":1},{"a":":","b":2,"b":3}]}}`,
      'user_metadata.l[1].b',
    ],
  ])('%s is refused naming %s', (json, path) => {
    expect(validate(json)).toMatchObject({
      errors: [{ code: 'NOT_PASSED', path, message: expect.stringContaining('twice') }],
    });
  });

  test('the same key in different objects, and colons and quotes in text, are fine', () => {
    const json = `{"email":"${EMAIL}","name":"a:\\"b\\":{}\\\\","user_metadata":{"a":{"a":{"a":":"}},"b":[{"a":1},{"a":2}]}}`;
    expect(validate(json)).toMatchObject({ kind: 'user' });
  });

  test('are found in a row of a megabyte', () => {
    const long = '\\\\x'.repeat(300_000);
    expect(validate(`{"email":"${EMAIL}","user_metadata":{"a":"${long}","a":1}}`)).toMatchObject({
      errors: [{ path: 'user_metadata.a' }],
    });
  });
});

describe('the echo of a refused row', () => {
  test('shows no secret', () => {
    const verdict = validate({
      email: 'nobody',
      password_hash: 'SECRET',
      passwd: 'SECRET',
      user_metadata: { note: 'seen', api_secret: 'SECRET' },
      custom_password_hash: {
        algorithm: 'hmac',
        hash: { value: 'SECRET', encoding: 'hex', digest: 'sha1', key: { value: 'SECRET' } },
        salt: { value: 'SECRET', position: 'prefix' },
        odd: ['SECRET'],
      },
      mfa_factors: [{ totp: { secret: 'SECRET' } }, { phone: { value: '+1' } }],
    });
    expect(verdict).toMatchObject({
      echo: {
        email: 'nobody',
        password_hash: '*****',
        custom_password_hash: {
          algorithm: 'hmac',
          hash: { value: '*****', encoding: 'hex', digest: 'sha1', key: { value: '*****' } },
          salt: { value: '*****', position: 'prefix' },
        },
        user_metadata: { note: 'seen', api_secret: '*****' },
        mfa_factors: [{ totp: { secret: '*****' } }, { phone: { value: '+1' } }],
      },
    });
    expect(JSON.stringify(verdict)).not.toContain('SECRET');
  });

  test('and its errors can be stored by PostgreSQL', () => {
    const verdict = validate(
      `{"email":"a\\u0000","x\\u0000y":1,"name":"\\ud800","custom_password_hash":{"algorithm":"\\u0000","q\\u0000":1},"mfa_factors":[{"\\u0000":1}],"user_metadata":{"\\udfff":{"\\u0000":"\\u0000"}}}`,
    );
    expect(verdict.kind).toBe('rejected');
    expect(JSON.stringify(verdict)).not.toMatch(/(?<!\\)\\(?:u0000|ud[89a-f])/);
  });

  test('a key named __proto__ is shown as a key and changes nothing', () => {
    const verdict = validate(`{"email":"${EMAIL}","__proto__":{"blocked":true}}`);
    if (verdict.kind !== 'rejected') throw new Error('was accepted');
    expect(Object.keys(verdict.echo ?? {})).toEqual(['email', '__proto__']);
    expect(verdict.echo?.blocked).toBeUndefined();
  });

  test('a row that its paths nest too deeply is refused whole', () => {
    const path = `user_metadata${'.a'.repeat(101)}`;
    expect(validate({ email: EMAIL, [path]: 1 })).toMatchObject({ errors: [{ code: 'MAXIMUM' }] });
  });

  test('a row nested too deeply is refused whole', () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    expect(validate(`{"email":"${EMAIL}","user_metadata":${deep}}`)).toMatchObject({
      errors: [{ code: 'MAXIMUM' }],
      echo: null,
    });
  });
});
