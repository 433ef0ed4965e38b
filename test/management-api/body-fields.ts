import { type Effect, hasEffect } from '../../src/http/management-api/route/effects.ts';

/** The parts of a JSON schema that define the legal values. */
export type Schema = {
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  additionalProperties?: unknown;
  'x-effect'?: Effect;
};

export type Field = { path: string; schema: Schema };

/** Every field that a body can hold; parts of objects after a dot, items of lists as `*`. */
export function fieldsOf(schema: Schema, path = ''): Field[] {
  if (schema['x-effect']) return [{ path, schema }];
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, part]) =>
      fieldsOf(part, path === '' ? name : `${path}.${name}`),
    );
  }
  if (schema.items && inside(schema.items)) {
    return fieldsOf(schema.items, path === '' ? '*' : `${path}.*`);
  }
  return [{ path, schema }];
}

const inside = (schema: Schema): boolean => schema.properties !== undefined;

/** Objects of a body that declare their fields and accept others too. */
export function openObjects(schema: Schema, path = '/'): string[] {
  const parts = Object.entries(schema.properties ?? {});
  return [
    ...(parts.length > 0 && schema.additionalProperties !== false ? [path] : []),
    ...parts.flatMap(([name, part]) => openObjects(part, `${path}${name}/`)),
    ...(schema.items ? openObjects(schema.items, `${path}*/`) : []),
    ...(schema.anyOf ?? []).flatMap((each) => openObjects(each, path)),
  ];
}

const FORMATS: Record<string, unknown[]> = {
  email: ['walk@example.test'],
  'email-or-empty': ['walk@example.test'],
  uri: ['https://walk.example.test/a.png'],
  url: ['https://walk.example.test/'],
  'absolute-uri-or-empty': ['https://walk.example.test/a'],
  'absolute-https-uri-or-empty': ['https://walk.example.test/b'],
  'absolute-https-uri-with-placeholders-or-empty': ['https://walk.example.test/login'],
  'strict-https-uri-or-null': ['https://walk.example.test/c.png'],
  'html-color': ['#123456'],
  'html-color-or-null': ['#123456'],
  'organization-name': ['walked'],
  'callback-url': ['https://walk.example.test/back'],
  'url-with-placeholders': ['https://walk.example.test/bye'],
  'claim-name': ['https://walk.example.test/roles'],
  'ip-or-network': ['192.0.2.0/24'],
  'date-time': ['2099-01-02T03:04:05.000Z'],
  hostname: ['walk.example.test'],
};
const PATTERNS: [RegExp, unknown][] = [
  [/^\^#/, '#654321'],
  [/https:/, 'https://walk.example.test/d.png'],
  [/\[0-9\]\{1,15\}/, '+491701234567'],
  [/con_/, 'con_0000000000000000'],
];

/** Legal values of a field, of which at least one differs from the current value. */
export function valuesOf(schema: Schema): unknown[] {
  const effect = schema['x-effect'];
  if (effect) return effect.only.length > 0 ? [...effect.only] : [null];
  if (schema.enum) return schema.enum.filter((candidate) => candidate !== null);
  if (schema.anyOf) return schema.anyOf.flatMap(valuesOf);
  const [type] = [schema.type ?? 'object'].flat();
  const { minimum = 1, maximum = Number.POSITIVE_INFINITY } = schema;
  switch (type) {
    case 'boolean':
      return [true, false];
    case 'integer':
    case 'number':
      return [...new Set([Math.min(maximum, minimum + 2), Math.min(maximum, minimum + 3)])];
    case 'array':
      return valuesOf(schema.items ?? { type: 'string' }).map((each) => [each]);
    case 'object':
      return [{ walked: 'yes' }];
    default:
      return textsOf(schema);
  }
}

function textsOf({ format, pattern }: Schema): unknown[] {
  if (format !== undefined) return FORMATS[format] ?? [];
  const known = PATTERNS.find(([shape]) => pattern !== undefined && shape.test(pattern));
  return [known ? known[1] : 'walked-value'];
}

/** Values of the right type that a field never accepts, because they would have no effect. */
export function refusedValuesOf(schema: Schema): unknown[] {
  const effect = schema['x-effect'];
  if (!effect) return [];
  const { 'x-effect': _left, ...plain } = schema;
  return valuesOf(plain).filter((candidate) => !hasEffect(effect, candidate));
}

export function put(body: unknown, path: string, value: unknown): unknown {
  const [name, ...rest] = path.split('.');
  if (name === undefined || name === '') return value;
  const below = (part: unknown) => (rest.length === 0 ? value : put(part, rest.join('.'), value));
  if (name === '*') return [below(Array.isArray(body) ? body[0] : undefined)];
  return { ...(body as object), [name]: below((body as Record<string, unknown>)?.[name]) };
}

export function get(body: unknown, path: string): unknown {
  return path
    .split('.')
    .filter(Boolean)
    .reduce<unknown>(
      (part, name) => (part as Record<string, unknown>)?.[name === '*' ? '0' : name],
      body,
    );
}
