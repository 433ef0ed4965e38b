/**
 * What a value may look like, as far as a client can depend on it. Alternatives are merged into one: objects by their
 * properties, others by their types. Written by scripts/shapes.ts.
 */
export type Shape = {
  /** Types that are allowed; absent: any. */
  types?: string[];
  properties?: Record<string, Shape>;
  /** Properties that are always there. */
  required?: string[];
  /** Properties that aren't named are refused. */
  closed?: true;
  /** What properties that aren't named look like. */
  others?: Shape;
  items?: Shape;
  enum?: (string | number | boolean | null)[];
  /** Of the length of a string or array, or of a number: lowest, highest; null where there is none. */
  limits?: [number | null, number | null];
};

export type Operation = {
  method: string;
  /** Below /api/v2; parameters as `{}`. */
  path: string;
  scopes: string[];
  query: string[];
  body?: Shape;
  /** By success status; null: no body. */
  answers: Record<string, Shape | null>;
};

export type Shapes = { source: string; operations: Operation[] };

/** What is wrong with a value, as lines that begin with where it is; nothing is wrong with an empty list. */
export function violations(
  value: unknown,
  shape: Shape,
  options: { where?: string; partial?: boolean } = {},
): string[] {
  const { where = '', partial = false } = options;
  if (shape.types && !shape.types.some((type) => isOf(type, value))) {
    return [`${where || '/'}: ${typeName(value)}, not ${shape.types.join(' or ')}`];
  }
  if (Array.isArray(value)) {
    const { items } = shape;
    if (!items) return [];
    return value.flatMap((one, index) =>
      violations(one, items, { where: `${where}/${index}`, partial }),
    );
  }
  if (typeof value !== 'object' || value === null || !shape.properties) return [];
  const has = value as Record<string, unknown>;
  const missing = partial ? [] : (shape.required ?? []).filter((name) => !(name in has));
  return [
    ...missing.map((name) => `${where}/${name}: missing`),
    ...Object.entries(has).flatMap(([name, one]) => {
      const known = shape.properties?.[name] ?? shape.others;
      if (known) return violations(one, known, { where: `${where}/${name}` });
      return shape.closed ? [`${where}/${name}: not in the document`] : [];
    }),
  ];
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return type === typeName(value);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** `/users/:id` and `/users/{user_id}` alike as `/users/{}`. */
export function plainPath(path: string): string {
  return path.replace(/\{[^}]*\}|:[^/]+/g, '{}');
}
