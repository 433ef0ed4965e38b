import { type Static, type TProperties, type TSchema, Type } from 'typebox';

/** Five years: what lasts as long as that lasts forever for a client, and numbers that no clock can hold are kept out. */
export const LONGEST_SECONDS = 157_788_000;

/** One of some strings. A plain `enum` reads better in messages and in the reference than a union of constants. */
export function oneOf<const T extends readonly string[]>(values: T, options: object = {}) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options });
}

/** An object that refuses properties it doesn't name: every body clients send, unless the wire says it is open. */
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

/** A JSON object that belongs to the customer: kept and returned as it came. */
export function freeObject(description: string) {
  return Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description,
  });
}

/** A moment as ISO 8601 in UTC with milliseconds. */
export function timestamp(description: string) {
  return Type.String({ format: 'date-time', description });
}

/** The `:id` of a path. */
export function idParams(description: string) {
  return Type.Object({ id: Type.String({ minLength: 1, maxLength: 600, description }) });
}

/** What the claim with the names of a person's roles is called; null: tokens don't have it. */
export const rolesClaimName = nullable(
  Type.String({
    format: 'claim-name',
    description:
      'Not of Auth0: the claim that names a person’s roles, such as `roles` or `https://example.com/roles`; null leaves them out',
  }),
);

const FIELDS = 'Comma-separated names of fields to include or exclude';

/** A schema's word for the names that a comma-separated text may hold; the validator knows it. */
export const FIELD_NAMES = 'x-field-names';

/** `fields` and `include_fields` of a query: names that aren't known are refused, an empty text is as none. */
export function fieldsQuery(known: readonly string[]) {
  return {
    fields: Type.Optional(Type.String({ description: FIELDS, [FIELD_NAMES]: [...known] })),
    include_fields: Type.Optional(
      Type.Boolean({
        description: 'Whether `fields` are to be included (true, the default) or excluded (false)',
      }),
    ),
  };
}

/** Whether a text has only names that are known. */
export function areFieldNames(known: readonly string[], text: string): boolean {
  return text.trim() === '' || text.split(',').every((name) => known.includes(name.trim()));
}

/** Keeps or removes top-level fields as a query's `fields` and `include_fields` ask. */
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
