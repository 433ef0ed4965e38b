import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { foundViolations } from '../harness/recorder.ts';
import { type ManagementFixture, startManagementApi } from '../management-api/fixture.ts';
import { OTHER_ANSWERS } from './differences.ts';
import { plainPath, type Shape, type Shapes } from './shape.ts';

// Compares the declared answers of our routes with the document. Real answers are compared, too: see
// test/harness/recorder.ts.
const { operations }: Shapes = JSON.parse(
  readFileSync(join(import.meta.dirname, 'shapes.json'), 'utf8'),
);
type Schema = {
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
};

/** All our lists have one declaration, and a list omits the parts that it lacks. */
const ENVELOPE = ['start', 'limit', 'length', 'total', 'next'];

let api: ManagementFixture;
beforeAll(async () => {
  api = await startManagementApi();
});

test('the schemas of our answers say nothing that the document does not', () => {
  const found = operations.flatMap((operation) => {
    const { method, path, answers } = operation;
    const route = api.routes.find(
      (candidate) => candidate.method === method && plainPath(candidate.url) === path,
    );
    return Object.entries(answers).flatMap(([status, shape]) => {
      const schema = route?.response[Number(status)];
      if (!shape || !schema) return [];
      return compared(schema as Schema, shape).map(
        (line) => `${method} ${path} ${status}: ${line}`,
      );
    });
  });
  const known = (line: string) => OTHER_ANSWERS.some((candidate) => line.startsWith(candidate));
  expect(found.filter((line) => !known(line))).toEqual([]);
});

test('a setting that was set to null is absent afterwards, or null if that is allowed', async () => {
  const { body: client } = await api.call('POST', '/clients', { name: 'Meadow' });
  for (const path of [`/clients/${client.client_id}`, '/tenants/settings']) {
    const nullable = nullablesOf('PATCH', plainPath(path.replace(client.client_id, ':id')));
    expect(nullable.length).toBeGreaterThan(5);
    for (const name of nullable) await api.call('PATCH', path, { [name]: null });
    expect((await api.call('GET', path)).status).toBe(200);
  }
  expect(foundViolations()).toEqual([]);
});

function nullablesOf(method: string, path: string): string[] {
  const body = api.routes.find(
    (route) => route.method === method && plainPath(route.url) === path,
  )?.body;
  const { properties = {} } = (body ?? {}) as Schema;
  return Object.entries(properties)
    .filter(([, one]) => [one.type ?? []].flat().includes('null'))
    .map(([name]) => name);
}

test('every accepted difference really exists', () => {
  for (const each of OTHER_ANSWERS) {
    const [method, path] = each.split(' ');
    expect(
      operations.some((operation) => operation.method === method && operation.path === path),
      each,
    ).toBe(true);
  }
});

/** Returns the parts of our schema that the shape does not allow. */
function compared(schema: Schema, shape: Shape, where = ''): string[] {
  if (schema.anyOf) return schema.anyOf.flatMap((each) => compared(each, shape, where));
  const types = [schema.type ?? []].flat();
  // A nullable field of a request is not nullable in answers by that alone. Real answers decide.
  const wrong = types.filter((type) => type !== 'null' && shape.types && !fits(type, shape.types));
  if (wrong.length > 0) return [`${where || '/'}: ${wrong.join()}, not ${shape.types?.join()}`];
  if (schema.items && shape.items) return compared(schema.items, shape.items, `${where}/*`);
  // Lists that are always empty show nothing about their items.
  const names = Object.keys(schema.properties ?? {});
  if (!schema.properties || !shape.properties || names.length === 0) return [];
  const missing = (shape.required ?? []).filter((name) => !(name in (schema.properties ?? {})));
  return [
    ...missing.map((name) => `${where}/${name}: missing`),
    ...Object.entries(schema.properties).flatMap(([name, one]) => {
      const known = shape.properties?.[name] ?? shape.others;
      if (known) return compared(one, known, `${where}/${name}`);
      const envelope = where === '' && ENVELOPE.includes(name);
      return shape.closed && !envelope ? [`${where}/${name}: not in the document`] : [];
    }),
  ];
}

function fits(type: string, allowed: string[]): boolean {
  return allowed.includes(type) || (type === 'integer' && allowed.includes('number'));
}
