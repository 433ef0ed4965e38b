import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { pageOf } from './paging.ts';
import { serializerFor } from './serialization.ts';
import { freeObject, nullable } from './wire.ts';

const item = Type.Object({
  id: Type.String({ pattern: '^a' }),
  nested: Type.Optional(Type.Object({ shown: Type.Integer() })),
  metadata: Type.Optional(freeObject('Anything')),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
});
const write = (schema: unknown, value: unknown) => JSON.parse(serializerFor(schema)(value));

it('keeps what the schema names and drops the rest, at every depth', () => {
  expect(write(item, { id: 'a', secret: 1, nested: { shown: 1, secret: 2 } })).toEqual({
    id: 'a',
    nested: { shown: 1 },
  });
});

it('keeps all of what belongs to the customer', () => {
  const value = { id: 'a', metadata: { deep: [{ x: null }] }, labels: { b: 'c' } };
  expect(write(item, value)).toEqual(value);
});

it('drops undeclared fields from both forms of a list', () => {
  const schema = pageOf('things', item);
  expect(write(schema, [{ id: 'a', secret: 1 }])).toEqual([{ id: 'a' }]);
  expect(write(schema, { things: [{ id: 'a', secret: 1 }], total: 1, other: 2 })).toEqual({
    things: [{ id: 'a' }],
    total: 1,
  });
});

it('writes a value that breaks the rules for input', () => {
  expect(write(item, { id: 'zzz' })).toEqual({ id: 'zzz' });
});

it('writes null, dates and nothing at all', () => {
  expect(write(nullable(item), null)).toBeNull();
  expect(write(Type.Object({ at: Type.String() }), { at: new Date(0) })).toEqual({
    at: '1970-01-01T00:00:00.000Z',
  });
  expect(write(item, undefined)).toBeNull();
});

it('never keeps a __proto__ as a prototype', () => {
  const out = write(item, { id: 'a', metadata: JSON.parse('{"__proto__":{"x":1}}') });
  expect(Object.keys(out.metadata)).toEqual(['__proto__']);
});

it('refuses a schema that it cannot follow, at start-up', () => {
  expect(() => serializerFor({ allOf: [item] })).toThrow();
});
