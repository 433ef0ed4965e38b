import { type TSchema, Type } from 'typebox';
import { badRequest } from './errors.ts';

export const pageQuery = {
  page: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'Number of the page, from 0. Ignored with `from` or `take`.',
    }),
  ),
  per_page: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 100,
      description: 'Results per page. Default: 50. Maximum: 100.',
    }),
  ),
  include_totals: Type.Optional(
    Type.Boolean({
      description:
        'Whether the response is an object with the total (`true`) or an array (`false`). Default: `false`.',
    }),
  ),
};

export const checkpointQuery = {
  from: Type.Optional(
    Type.String({
      maxLength: 1000,
      format: 'cursor',
      description: 'Checkpoint: `next` of the previous response',
    }),
  ),
  take: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'Results per page. Default: 50. Maximum: 100.',
    }),
  ),
};

/** `include_totals` for lists that have only checkpoints. It is accepted because Auth0's clients send it. */
export const alwaysAnObject = Type.Optional(
  Type.Boolean({
    const: true,
    description: 'Only `true` is accepted. The response is always an object. It has no total.',
  }),
);

export type OffsetPaging = { kind: 'offset'; offset: number; limit: number; totals: boolean };

export type CheckpointPaging = { kind: 'checkpoint'; afterId: string | null; limit: number };

export type Paging = OffsetPaging | CheckpointPaging;

/** The paging that a query asks for. If it asks for both kinds, the checkpoint counts. */
export function pagingOf(
  query: {
    page?: number | undefined;
    per_page?: number | undefined;
    include_totals?: boolean | undefined;
    from?: string | undefined;
    take?: number | undefined;
  },
  defaultLimit = 50,
): Paging {
  if (query.from !== undefined || query.take !== undefined) {
    return checkpointPaging(query);
  }
  return offsetPaging(query, defaultLimit);
}

/** The same for lists that have only checkpoints. */
export function checkpointPaging(query: {
  from?: string | undefined;
  take?: number | undefined;
}): CheckpointPaging {
  const afterId = query.from === undefined ? null : plainCursor(query.from).slice(2);
  return { kind: 'checkpoint', afterId, limit: query.take ?? 50 };
}

/** The same for lists that have only offsets. */
export function offsetPaging(
  query: {
    page?: number | undefined;
    per_page?: number | undefined;
    include_totals?: boolean | undefined;
  },
  defaultLimit = 50,
): OffsetPaging {
  const limit = query.per_page ?? defaultLimit;
  const offset = (query.page ?? 0) * limit;
  return { kind: 'offset', offset, limit, totals: query.include_totals ?? false };
}

/** Pages by number reach this many records. */
const MAX_PAGED = 1000;

/**
 * Refuses a page by number beyond the first {@link MAX_PAGED} records. Checkpoints have no limit.
 * @throws ApiError 400 `invalid_paging`
 */
export function refuseDeep(
  paging: Paging,
  message = 'Requesting page exceeds the allowed maximum of 1000 records',
): void {
  if (paging.kind !== 'offset' || paging.offset + paging.limit <= MAX_PAGED) return;
  throw badRequest(message, 'invalid_paging');
}

/** The schema of `next` in a list with checkpoints. */
export const nextCursor = Type.Optional(
  Type.String({ description: 'Cursor of the next page. Absent on the last page.' }),
);

/** The schema of a list: an array, an object with totals, or an object with a checkpoint under `key`. */
export function pageOf<T extends TSchema>(key: string, item: T) {
  return Type.Unsafe<unknown>({
    anyOf: [
      Type.Array(item),
      Type.Object({
        start: Type.Optional(Type.Integer()),
        limit: Type.Optional(Type.Integer()),
        length: Type.Optional(Type.Integer()),
        [key]: Type.Array(item),
        total: Type.Optional(Type.Integer()),
        next: nextCursor,
      }),
    ],
  });
}

/** The response with offset paging. */
export function offsetPage<T>(
  paging: OffsetPaging,
  key: string,
  items: T[],
  total: number,
): T[] | Record<string, unknown> {
  if (!paging.totals) return items;
  return { start: paging.offset, limit: paging.limit, [key]: items, total };
}

/**
 * The response with checkpoint paging.
 * @param items up to `limit + 1` items: the extra one means that there is a next page
 */
export function checkpointPage<S, T>(
  paging: CheckpointPaging,
  key: string,
  items: S[],
  idOf: (item: S) => string,
  toWire: (item: S) => T,
): Record<string, unknown> {
  const shown = items.slice(0, paging.limit);
  const last = shown.at(-1);
  return {
    [key]: shown.map(toWire),
    ...(items.length > paging.limit && last !== undefined && { next: encodeCursor(idOf(last)) }),
  };
}

/** Makes an opaque `next` from the last ID on the page. */
export function encodeCursor(id: string): string {
  return Buffer.from(`1,${id}`).toString('base64url');
}

/** Whether {@link encodeCursor} can have made the value. No ID contains NUL, and the database refuses it. */
export function isCursor(text: string): boolean {
  const plain = plainCursor(text);
  return plain.length > 2 && plain.startsWith('1,') && !plain.includes('\0');
}

function plainCursor(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}

/**
 * The 400 response for a `from` whose entry no longer exists. Starting again from the beginning would be a different result.
 */
export function expiredCursor(): Error {
  return badRequest(
    "The checkpoint ID provided in the 'from' parameter has expired or is invalid, please remove the checkpoint ID and try again",
    'invalid_query_string',
  );
}

/**
 * Reads `sort` of a query: `field:1`, `field:-1`, or `field` alone for ascending order; undefined if it is absent.
 * @param known names of fields, and what each means to the record
 * @throws ApiError 400 for another field or direction, and for a checkpoint, which has its own order
 */
export function sortOf<T>(
  sort: string | undefined,
  known: Readonly<Record<string, T>>,
  paging?: Paging,
): { by: T; descending: boolean } | undefined {
  if (sort === undefined || sort === '') return undefined;
  const [, field = '', direction] = /^(\w+)(?::(-?1))?$/.exec(sort) ?? [];
  const by = Object.hasOwn(known, field) ? known[field] : undefined;
  if (by === undefined) {
    throw refusedSort(
      `Cannot sort by ${sort}. Use field:1 or field:-1, with one of the fields ${Object.keys(known).join(', ')}`,
    );
  }
  if (paging?.kind === 'checkpoint') {
    throw refusedSort('A list with from and take has an order of its own. Leave sort out');
  }
  return { by, descending: direction === '-1' };
}

function refusedSort(why: string): Error {
  return badRequest(`Query validation error: '${why}' on property sort.`, 'invalid_query_string');
}
