import { describe, expect, test } from 'vitest';
import { checkProfile, type ProfileSchema, profileSchemaProblem } from './profile-schema.ts';

const names: ProfileSchema = {
  type: 'object',
  properties: {
    given_name: { type: 'string', minLength: 1, maxLength: 20 },
    family_name: { type: 'string', maxLength: 20 },
    department: { type: 'string', enum: ['sales', 'support'] },
    age: { type: 'integer', minimum: 16 },
    code: { type: 'string', pattern: '^[A-Z]{3}$' },
    born: { type: 'string', format: 'date' },
  },
  required: ['given_name', 'family_name'],
};

describe('fields', () => {
  test('right values pass, and are trimmed', () => {
    const fields = { given_name: ' Ada ', family_name: 'Byron', department: 'sales', age: 36 };
    const profile = { ...fields, given_name: 'Ada' };
    expect(checkProfile(names, fields)).toEqual({ kind: 'ok', profile });
  });

  test('each wrong value is reported by its field', () => {
    const fields = {
      given_name: '  ',
      family_name: 'x'.repeat(21),
      department: 'law',
      age: 3,
      code: 'abc',
      born: '2024-02-31',
    };
    const checked = checkProfile(names, fields);
    const problems = checked.kind === 'refused' ? checked.problems : [];
    expect(Object.fromEntries(problems.map(({ field, why }) => [field, why]))).toEqual({
      given_name: 'missing',
      family_name: 'too-long',
      department: 'not-offered',
      age: 'too-small',
      code: 'format',
      born: 'format',
    });
  });

  test('a field that the schema lacks is refused', () => {
    const fields = JSON.parse(
      '{"given_name":"Ada","family_name":"Byron","is_admin":true,"__proto__":1}',
    );
    const checked = checkProfile(names, fields);
    expect(checked).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(checked)).toContain('is_admin');
  });

  test('no text stops the server, whatever the pattern', () => {
    const properties = { code: { type: 'string', pattern: '^(a+)+$' } };
    const schema: ProfileSchema = { type: 'object', properties };
    expect(profileSchemaProblem(schema)).toBeNull();
    const hostile = checkProfile(schema, { code: `${'a'.repeat(100)}b` });
    expect(hostile).toEqual({ kind: 'refused', problems: [{ field: 'code', why: 'format' }] });
    expect(checkProfile(schema, { code: 'aaa' }).kind).toBe('ok');
  });

  test('all fields together have 16 KB, and the longest is named', () => {
    const names = Array.from({ length: 10 }, (_, index) => `field_${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
    const entered = (text: string) => Object.fromEntries(names.map((name) => [name, text]));
    const schema: ProfileSchema = { type: 'object', properties };
    expect(checkProfile(schema, entered('a'.repeat(1500))).kind).toBe('ok');
    const large = { ...entered('a'.repeat(1600)), field_7: 'ä'.repeat(1600) };
    const problems = [{ field: 'field_7', why: 'too-long' }];
    expect(checkProfile(schema, large)).toEqual({ kind: 'refused', problems });
  });

  test('the patterns of all fields share one time limit', () => {
    const field = { type: 'string', pattern: '^(a+)+$' };
    const schema: ProfileSchema = { type: 'object', properties: { first: field, second: field } };
    // Nothing is left for the second field after a first one that takes the whole time.
    const checked = checkProfile(schema, { first: `${'a'.repeat(100)}b`, second: 'aaa' });
    const problems = checked.kind === 'refused' ? checked.problems : [];
    expect(problems.map(({ field: name }) => name)).toEqual(['first', 'second']);
    expect(checkProfile(schema, { first: 'aaa', second: 'aaa' }).kind).toBe('ok');
  });

  test.each([null, 7, 'text', [], undefined])('%j is no set of fields', (fields) => {
    expect(checkProfile(names, fields)).toMatchObject({ kind: 'refused' });
  });
});

describe('schemas', () => {
  test('a flat object with fields is a schema', () => {
    expect(profileSchemaProblem(names)).toBeNull();
  });

  test.each([
    ['no object', 'text'],
    ['another type', { type: 'array', properties: { a: { type: 'string' } } }],
    ['no properties', { type: 'object', properties: {} }],
    ['a field without type', { type: 'object', properties: { a: {} } }],
    ['nested objects', { type: 'object', properties: { a: { type: 'object' } } }],
    ['references', { type: 'object', properties: { a: { $ref: 'https://example.com' } } }],
    ['combinations', { type: 'object', allOf: [], properties: { a: { type: 'string' } } }],
    [
      'a pattern that cannot be read',
      { type: 'object', properties: { a: { type: 'string', pattern: '(' } } },
    ],
    ['a prototype', { type: 'object', properties: { constructor: { type: 'string' } } }],
    [
      'a required field that is missing',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['b'] },
    ],
    ['open ends', { ...names, additionalProperties: true }],
  ])('%s is refused with a reason', (_what, schema) => {
    expect(profileSchemaProblem(schema)).toEqual(expect.any(String));
  });
});
