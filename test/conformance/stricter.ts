import type { Shape } from './shape.ts';

/** The parts of a JSON schema that decide whether a value is accepted. */
type Schema = {
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
};

/**
 * Lists the values that our schema refuses and the document's shape accepts, as lines that begin with their position. Where
 * the document has no maximum, ours may have one. Where the document is silent, ours may refuse an empty text.
 */
export function stricter(given: unknown, shape: Shape, where = ''): string[] {
  const schema = given as Schema;
  const branches = schema.anyOf ?? [schema];
  return [
    ...types(branches, shape, where),
    ...(branches.length === 1 ? values(schema, shape, where) : []),
    ...parts(branches, shape, where),
  ];
}

function types(branches: Schema[], shape: Shape, where: string): string[] {
  const ours = branches.map((branch) => (branch.type === undefined ? null : [branch.type].flat()));
  if (!shape.types || ours.includes(null)) return [];
  const taken = new Set(ours.flatMap((our) => our ?? []));
  const refused = shape.types.filter(
    (type) => !taken.has(type) && !(type === 'integer' && taken.has('number')),
  );
  return refused.map((type) => `${where || '/'}: no ${type}`);
}

function values(schema: Schema, shape: Shape, where: string): string[] {
  const name = where || '/';
  if (schema.enum && !shape.enum) return [`${name}: only ${schema.enum.length} values`];
  const missing =
    shape.enum?.filter((candidate) => schema.enum?.includes(candidate) === false) ?? [];
  const [lowest, highest] = shape.limits ?? [null, null];
  const low = schema.minLength ?? schema.minimum ?? schema.minItems;
  const high = schema.maxLength ?? schema.maximum ?? schema.maxItems;
  const isText = low === schema.minLength && low === 1 && lowest === null;
  return [
    ...missing.map((each) => `${name}: not ${each}`),
    ...(low !== undefined && low > (lowest ?? 0) && !isText ? [`${name}: at least ${low}`] : []),
    ...(high !== undefined && highest !== null && high < highest
      ? [`${name}: at most ${high}`]
      : []),
  ];
}

function parts(branches: Schema[], shape: Shape, where: string): string[] {
  const objects = branches.filter((branch) => branch.properties);
  const [object] = objects;
  const lists = branches.filter((branch) => branch.items);
  const [list] = lists;
  const inside =
    object && objects.length === 1
      ? Object.entries(shape.properties ?? {}).flatMap(([name, theirs]) => {
          const ours = object.properties?.[name];
          return ours ? stricter(ours, theirs, `${where}/${name}`) : [];
        })
      : [];
  const needed =
    object && objects.length === 1 && where !== ''
      ? (object.required ?? []).filter((name) => shape.required?.includes(name) !== true)
      : [];
  return [
    ...needed.map((name) => `${where}/${name}: must be there`),
    ...inside,
    ...(list?.items && lists.length === 1 && shape.items
      ? stricter(list.items, shape.items, `${where}/*`)
      : []),
  ];
}
