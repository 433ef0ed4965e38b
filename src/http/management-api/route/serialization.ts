type Schema = {
  type?: string | string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  required?: string[];
};
type Project = (value: unknown) => unknown;

/**
 * Creates the function that writes a response as JSON, with only the fields that its schema names. It never refuses a value,
 * because data that was stored under earlier rules must stay readable. Where the schema says nothing (`{}`, metadata), it
 * keeps everything.
 * @throws at start-up for a schema that it cannot follow
 */
export function serializerFor(schema: unknown): (value: unknown) => string {
  const project = projection(schema as Schema);
  return (value) => JSON.stringify(project(value)) ?? 'null';
}

function projection(schema: Schema): Project {
  if ('allOf' in schema || '$ref' in schema || 'oneOf' in schema) {
    throw new Error('The schema of a response can only use properties, items and anyOf.');
  }
  if (schema.anyOf) return unionOf(schema.anyOf);
  if (schema.items) return arrayOf(schema.items);
  if (schema.properties || schema.patternProperties || typesOf(schema).includes('object')) {
    return objectOf(schema);
  }
  return (value) => value;
}

function arrayOf(items: Schema): Project {
  const item = projection(items);
  return (value) => (Array.isArray(value) ? value.map(item) : null);
}

function objectOf(schema: Schema): Project {
  const named = Object.entries(schema.properties ?? {}).map(
    ([name, one]) => [name, projection(one)] as const,
  );
  const { additionalProperties: more } = schema;
  const other = Object.values(schema.patternProperties ?? {})[0] ?? (more === true ? {} : more);
  const rest = other ? projection(other) : undefined;
  const names = new Set(named.map(([name]) => name));
  return (value) => {
    if (typeof value !== 'object' || value === null) return null;
    const from = value as Record<string, unknown>;
    const out: [string, unknown][] = [];
    for (const [name, project] of named) {
      if (from[name] !== undefined) out.push([name, project(from[name])]);
    }
    if (rest) {
      for (const [name, one] of Object.entries(from)) {
        if (!names.has(name) && one !== undefined) out.push([name, rest(one)]);
      }
    }
    return Object.fromEntries(out);
  };
}

/** Uses the first branch whose form the value has. */
function unionOf(branches: Schema[]): Project {
  const all = branches.map((schema) => ({ schema, project: projection(schema) }));
  return (value) => all.find(({ schema }) => hasForm(schema, value))?.project(value) ?? null;
}

function hasForm(schema: Schema, value: unknown): boolean {
  if (Array.isArray(value)) return isType(schema, 'array');
  if (value === null) return isType(schema, 'null');
  if (typeof value === 'object') {
    return isType(schema, 'object') && (schema.required ?? []).every((name) => name in value);
  }
  if (typeof value === 'number') return isType(schema, 'number') || isType(schema, 'integer');
  return isType(schema, typeof value);
}

function isType(schema: Schema, type: string): boolean {
  return schema.type === undefined || typesOf(schema).includes(type);
}

function typesOf(schema: Schema): string[] {
  return [schema.type ?? []].flat();
}
