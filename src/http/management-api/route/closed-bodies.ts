import type { TSchema } from 'typebox';

type Node = TSchema & {
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  additionalProperties?: unknown;
};

/**
 * The schema in which every object that names its fields refuses others: whoever misspells one is told, and nothing that was sent is
 * lost in silence. An object that says itself that it is open stays so.
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
