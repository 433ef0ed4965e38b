/**
 * Writes test/conformance/shapes.json: the schemas of the official OpenAPI document of the management API for the operations that we serve,
 * without its texts. The document itself is neither copied nor needed to run the tests.
 * node scripts/shapes.ts path/to/management-api-oas.json
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { type Operation, plainPath, type Shape, type Shapes } from '../test/conformance/shape.ts';

const SOURCE =
  'https://github.com/auth0/docs-v2, main/docs/oas/management/v2/management-api-oas.json, blob f58f318e of 2026-06-25';
const TARGET = join(import.meta.dirname, '../test/conformance/shapes.json');

type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: string | number | boolean | null;
  enum?: (string | number | boolean | null)[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  nullable?: boolean;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
};
type Content = Record<string, { schema?: Schema }>;
type DocumentOperation = {
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content?: Content };
  responses: Record<string, { content?: Content }>;
};
type Document = {
  paths: Record<string, Record<string, DocumentOperation>>;
  components: { schemas: Record<string, Schema> };
};

/** Returns the function that converts the document's schemas to shapes. */
function shapesOf(schemas: Record<string, Schema>) {
  const done = new Map<string, Shape>();
  function shapeOf(schema: Schema): Shape {
    if (schema.$ref === undefined) return made(schema);
    const name = schema.$ref.split('/').at(-1) ?? '';
    const known = done.get(name);
    if (known) return known;
    // A schema that contains itself allows anything there.
    done.set(name, {});
    const shape = made(schemas[name] ?? {});
    done.set(name, shape);
    return shape;
  }
  function made(schema: Schema): Shape {
    const alternatives = schema.oneOf ?? schema.anyOf;
    const parts = [
      own(schema),
      ...(schema.allOf ?? []).map(shapeOf),
      ...(alternatives ? [alternatives.map(shapeOf).reduce(either)] : []),
    ];
    return parts.reduce(both);
  }
  function own(schema: Schema): Shape {
    const values = schema.const === undefined ? schema.enum : [schema.const];
    const types = typesOf(schema, values);
    const low = schema.minLength ?? schema.minimum ?? schema.minItems ?? null;
    const high = schema.maxLength ?? schema.maximum ?? schema.maxItems ?? null;
    const more = schema.additionalProperties;
    return {
      ...(types && { types }),
      ...(schema.properties && {
        properties: Object.fromEntries(
          Object.entries(schema.properties).map(([name, one]) => [name, shapeOf(one)]),
        ),
      }),
      ...(schema.required?.length && { required: [...schema.required].sort() }),
      ...(more === false && { closed: true as const }),
      ...(typeof more === 'object' && { others: shapeOf(more) }),
      ...(schema.items && { items: shapeOf(schema.items) }),
      ...(values && { enum: values }),
      ...((low !== null || high !== null) && { limits: [low, high] satisfies Shape['limits'] }),
    };
  }
  return shapeOf;
}

function typesOf(schema: Schema, values: Schema['enum']): string[] | undefined {
  const named = schema.type === undefined ? undefined : [schema.type].flat();
  const found =
    named ??
    (values && [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))]);
  if (!found) return undefined;
  return [...new Set([...found, ...(schema.nullable ? ['null'] : [])])].sort();
}

/** Returns a shape that accepts the values of either one. */
function either(a: Shape, b: Shape): Shape {
  const object = [a, b].filter((shape) => shape.properties ?? shape.types?.includes('object'));
  const items = [a, b].filter((shape) => shape.items !== undefined);
  const [first, second] = object;
  const isOne = object.length === 1;
  const open = object.some((shape) => !shape.closed);
  return {
    ...(a.types && b.types && { types: [...new Set([...a.types, ...b.types])].sort() }),
    ...(object.some((shape) => shape.properties) && {
      properties: joined(a.properties ?? {}, b.properties ?? {}, either),
    }),
    ...requiredOf(
      isOne ? first?.required : first?.required?.filter((name) => second?.required?.includes(name)),
    ),
    ...(object.length > 0 && !open && { closed: true as const }),
    ...(isOne && first?.others && { others: first.others }),
    ...(items.length > 0 && { items: items.map((item) => item.items ?? {}).reduce(either) }),
    ...(a.enum && b.enum && { enum: [...new Set([...a.enum, ...b.enum])] }),
  };
}

/** Returns a shape that accepts only the values of both. */
function both(a: Shape, b: Shape): Shape {
  const types = a.types && b.types ? a.types.filter((type) => b.types?.includes(type)) : undefined;
  return {
    ...a,
    ...b,
    ...(types && { types }),
    ...((a.properties ?? b.properties) && {
      properties: joined(a.properties ?? {}, b.properties ?? {}, both),
    }),
    ...requiredOf([...new Set([...(a.required ?? []), ...(b.required ?? [])])].sort()),
  };
}

function requiredOf(names: string[] | undefined): { required?: string[] } {
  return names && names.length > 0 ? { required: names } : {};
}

function joined(
  a: Record<string, Shape>,
  b: Record<string, Shape>,
  how: (a: Shape, b: Shape) => Shape,
): Record<string, Shape> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(
    names.map((name) => {
      const [one, other] = [a[name], b[name]];
      return [name, one && other ? how(one, other) : (one ?? other ?? {})];
    }),
  );
}

/** Answers are compared by names and types only. */
function namesAndTypes(shape: Shape): Shape {
  const { enum: _values, limits: _limits, properties, items, others, ...rest } = shape;
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, namesAndTypes(one)]),
      ),
    }),
    ...(items && { items: namesAndTypes(items) }),
    ...(others && { others: namesAndTypes(others) }),
  };
}

function operationsOf(document: Document, served: Set<string>): Operation[] {
  const shapeOf = shapesOf(document.components.schemas);
  const schemaIn = (content: Content | undefined) =>
    (content?.['application/json'] ?? content?.['multipart/form-data'])?.schema;
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]): Operation[] => {
      const name = `${method.toUpperCase()} ${plainPath(path)}`;
      if (!served.has(name)) return [];
      const body = schemaIn(operation.requestBody?.content);
      const answers = Object.entries(operation.responses).filter(([status]) => status < '400');
      return [
        {
          method: method.toUpperCase(),
          path: plainPath(path),
          scopes: scopesOf(operation),
          query: (operation.parameters ?? [])
            .filter((parameter) => parameter.in === 'query')
            .map((parameter) => parameter.name)
            .sort(),
          ...(body && { body: shapeOf(body) }),
          answers: Object.fromEntries(
            answers.map(([status, { content }]) => {
              const schema = schemaIn(content);
              return [status, schema ? namesAndTypes(shapeOf(schema)) : null];
            }),
          ),
        },
      ];
    }),
  );
}

function scopesOf({ security = [] }: DocumentOperation): string[] {
  return [...new Set(security.flatMap((each) => each.oAuth2ClientCredentials ?? []))].sort();
}

/** Returns the routes of a server that is created but never started. */
async function servedRoutes(): Promise<Set<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'usher-shapes-'));
  const outcome = readConfig({
    DATA_DIR: folder,
    SMTP_URL: 'smtp://localhost',
    LOG_LEVEL: 'fatal',
  });
  if (outcome.kind === 'wrong') throw new Error(outcome.problems.join('\n'));
  const app = await createApp(outcome.config);
  const routes = new Set(app.routes.map(({ method, url }) => `${method} ${plainPath(url)}`));
  await app.stop();
  rmSync(folder, { recursive: true, force: true });
  return routes;
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('Say where the official document is: node scripts/shapes.ts FILE');
  process.exit(2);
}
const document: Document = JSON.parse(readFileSync(file, 'utf8'));
const operations = operationsOf(document, await servedRoutes());
const shapes: Shapes = { source: SOURCE, operations };
// One line for each operation, so that changes are readable and the file stays small.
const lines = operations.map((operation) => JSON.stringify(operation)).join(',\n');
writeFileSync(TARGET, `{"source":${JSON.stringify(shapes.source)},"operations":[\n${lines}\n]}\n`);
console.log(`${operations.length} operations written to ${TARGET}`);
process.exit(0);
