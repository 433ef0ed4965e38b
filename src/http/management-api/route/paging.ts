import { type TSchema, Type } from 'typebox';
import { badRequest } from './errors.ts';

export const pageQuery = {
  page: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'Page to return, beginning at 0; with `from` or `take` it counts for nothing',
    }),
  ),
  per_page: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 100, description: 'Results per page, 50 unless told' }),
  ),
  include_totals: Type.Optional(
    Type.Boolean({
      description: 'true: an object with the total; false, the default: a bare array',
    }),
  ),
};

export const checkpointQuery = {
  from: Type.Optional(
    Type.String({
      maxLength: 1000,
      format: 'cursor',
      description: 'Where to go on: `next` of the answer before',
    }),
  ),
  take: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'Results per page, 50 unless told' }),
  ),
};

/** `include_totals` of lists that are read by checkpoint only: it is taken as the clients of this wire send it. */
export const alwaysAnObject = Type.Optional(
  Type.Boolean({
    const: true,
    description: 'Only true: the answer is an object in any case. It has no total',
  }),
);

export type Paging =
  | { kind: 'offset'; offset: number; limit: number; totals: boolean }
  | { kind: 'checkpoint'; afterId: string | null; limit: number };

/** What a query asks for. When it asks for both kinds the checkpoint wins. */
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
  const limit = query.per_page ?? defaultLimit;
  return {
    kind: 'offset',
    offset: (query.page ?? 0) * limit,
    limit,
    totals: query.include_totals ?? false,
  };
}

/** The same for lists that are paged by checkpoint only. */
export function checkpointPaging(query: {
  from?: string | undefined;
  take?: number | undefined;
}): Extract<Paging, { kind: 'checkpoint' }> {
  const afterId = query.from === undefined ? null : plainCursor(query.from).slice(2);
  return { kind: 'checkpoint', afterId, limit: query.take ?? 50 };
}

/** The same for lists that are paged by offset only. */
export function offsetPaging(query: {
  page?: number | undefined;
  per_page?: number | undefined;
  include_totals?: boolean | undefined;
}): Extract<Paging, { kind: 'offset' }> {
  const limit = query.per_page ?? 50;
  const offset = (query.page ?? 0) * limit;
  return { kind: 'offset', offset, limit, totals: query.include_totals ?? false };
}

/** The schema of a list's answer: bare array, totals object or checkpoint object under `key`. */
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
        next: Type.Optional(Type.String({ description: 'Absent on the last page' })),
      }),
    ],
  });
}

/** The answer's shape for offset paging. */
export function offsetPage<T>(
  paging: Extract<Paging, { kind: 'offset' }>,
  key: string,
  items: T[],
  total: number,
): T[] | Record<string, unknown> {
  if (!paging.totals) return items;
  return { start: paging.offset, limit: paging.limit, [key]: items, total };
}

/**
 * The answer's shape for checkpoint paging.
 * @param items up to `limit + 1` of them: the extra one says that there is more
 */
export function checkpointPage<S, T>(
  paging: Extract<Paging, { kind: 'checkpoint' }>,
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

/** An opaque `next` out of the last id shown. */
export function encodeCursor(id: string): string {
  return Buffer.from(`1,${id}`).toString('base64url');
}

/** Whether {@link encodeCursor} may have made it. No id has a NUL, and no database takes one. */
export function isCursor(text: string): boolean {
  const plain = plainCursor(text);
  return plain.length > 2 && plain.startsWith('1,') && !plain.includes('\0');
}

function plainCursor(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}

/** 400 for a `from` whose entry is gone: to begin again from the start would be another answer. */
export function expiredCursor(): Error {
  return badRequest(
    "The checkpoint ID provided in the 'from' parameter has expired or is invalid, please remove the checkpoint ID and try again",
    'invalid_query_string',
  );
}

/**
 * What a query's `sort` asks for: `field:1`, `field:-1`, or `field` alone for the first of them; undefined where it asks for nothing.
 * @param known names of fields, and what each means to the record
 * @throws ApiError 400 for another field or direction, and for a checkpoint, which has an order of its own
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
      `Can not sort by ${sort}: field:1 or field:-1, field one of ${Object.keys(known).join(', ')}`,
    );
  }
  if (paging?.kind === 'checkpoint') {
    throw refusedSort('A list that is read with from and take has an order of its own');
  }
  return { by, descending: direction === '-1' };
}

function refusedSort(why: string): Error {
  return badRequest(`Query validation error: '${why}' on property sort.`, 'invalid_query_string');
}
