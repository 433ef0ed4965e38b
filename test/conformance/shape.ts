/**
 * The shape of a value, as far as a client can depend on it. Alternatives are merged into one: objects by their
 * properties, others by their types. Written by scripts/shapes.ts.
 */
export type Shape = {
  /** Allowed types. Absent: any. */
  types?: string[];
  properties?: Record<string, Shape>;
  /** Required properties. */
  required?: string[];
  /** Whether undeclared properties are refused. */
  closed?: true;
  /** The shape of undeclared properties. */
  others?: Shape;
  items?: Shape;
  enum?: (string | number | boolean | null)[];
  /** Minimum and maximum of the length of a string or array, or of a number. `null`: no limit. */
  limits?: [number | null, number | null];
};

export type Operation = {
  method: string;
  /** Below /api/v2; parameters as `{}`. */
  path: string;
  scopes: string[];
  query: string[];
  body?: Shape;
  /** By success status. `null`: no body. */
  answers: Record<string, Shape | null>;
};

export type Shapes = { source: string; operations: Operation[] };

/** Returns the errors of a value as lines that begin with their position. A valid value has none. */
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
    return value.flatMap((each, index) =>
      violations(each, items, { where: `${where}/${index}`, partial }),
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

/** Returns `/users/{}` for both `/users/:id` and `/users/{user_id}`. */
export function plainPath(path: string): string {
  return path.replace(/\{[^}]*\}|:[^/]+/g, '{}');
}
