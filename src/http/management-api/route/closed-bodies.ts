import type { TSchema } from 'typebox';

type Node = TSchema & {
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  additionalProperties?: unknown;
};

/**
 * Makes every object of a schema that names its fields refuse other fields, so that a misspelled field is reported and
 * nothing sent is silently lost. Objects that are marked as open stay open.
 */
export function closedThroughout<T extends TSchema>(schema: T): T {
  const { properties, items, anyOf, additionalProperties } = schema as Node;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, part]) => [name, closedThroughout(part)]),
      ),
      additionalProperties: additionalProperties ?? false,
    }),
    ...(items && { items: closedThroughout(items) }),
    ...(anyOf && { anyOf: anyOf.map(closedThroughout) }),
  };
}
