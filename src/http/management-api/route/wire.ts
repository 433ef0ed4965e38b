import { type Static, type TProperties, type TSchema, Type } from 'typebox';

/**
 * Longest lifetime, in seconds: five years. For a client, this is forever. The limit keeps out numbers that no clock can
 * hold.
 */
export const LONGEST_SECONDS = 157_788_000;

/** One of several strings. A plain `enum` reads better in messages and in the reference than a union of constants. */
export function oneOf<const T extends readonly string[]>(values: T, options: object = {}) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options });
}

/**
 * An object that refuses properties it does not name: the schema of every body, unless Auth0's wire says that it is open.
 */
export function closed<T extends TProperties>(properties: T, options: object = {}) {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** The schema, or null. */
export function nullable<T extends TSchema>(schema: T) {
  const { type, enum: values, ...rest } = schema as TSchema & { type?: string; enum?: unknown[] };
  return Type.Unsafe<Static<T> | null>({
    ...rest,
    ...(type !== undefined && { type: [type, 'null'] }),
    ...(values !== undefined && { enum: [...values, null] }),
  });
}

/** A JSON object that belongs to the customer. It is stored and returned as it came. */
export function freeObject(description: string) {
  return Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description,
  });
}

/** A point in time: ISO 8601 in UTC with milliseconds. */
export function timestamp(description: string) {
  return Type.String({ format: 'date-time', description });
}

/** The `:id` of a path. */
export function idParams(description: string) {
  return Type.Object({ id: Type.String({ minLength: 1, maxLength: 600, description }) });
}

/** The name of the claim with the user's roles; null: tokens do not contain it. */
export const rolesClaimName = nullable(
  Type.String({
    format: 'claim-name',
    description:
      "Name of the claim with the user's roles, such as `roles` or `https://example.com/roles`. `null` omits the claim. " +
      'Auth0 does not have this field.',
  }),
);

const FIELDS = 'Comma-separated names of the fields to include or exclude';

/** The keyword with the names that a comma-separated string can contain. The validator knows it. */
export const FIELD_NAMES = 'x-field-names';

/** `fields` and `include_fields` of a query. Unknown names are refused. An empty string counts as absent. */
export function fieldsQuery(known: readonly string[]) {
  return {
    fields: Type.Optional(Type.String({ description: FIELDS, [FIELD_NAMES]: [...known] })),
    include_fields: Type.Optional(
      Type.Boolean({
        description:
          'Whether `fields` are included (`true`) or excluded (`false`). Default: `true`.',
      }),
    ),
  };
}

/** Whether a string contains only known names. */
export function areFieldNames(known: readonly string[], text: string): boolean {
  return text.trim() === '' || text.split(',').every((name) => known.includes(name.trim()));
}

/** Keeps or removes top-level fields, as `fields` and `include_fields` of a query ask. */
export function pickFields<T extends object>(
  value: T,
  query: { fields?: string | undefined; include_fields?: boolean | undefined },
): Partial<T> {
  if (query.fields === undefined || query.fields.trim() === '') return value;
  const names = new Set(query.fields.split(',').map((name) => name.trim()));
  const keep = query.include_fields !== false;
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => names.has(name) === keep),
  ) as Partial<T>;
}
