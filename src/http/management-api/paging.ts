import { type TSchema, Type } from 'typebox';
import { badRequest } from './errors.ts';

export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 0, description: 'Page to return, beginning at 0' })),
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
    Type.String({ maxLength: 1000, description: 'Where to go on: `next` of the answer before' }),
  ),
  take: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'Results per page, 50 unless told' }),
  ),
};

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
    const afterId = query.from === undefined ? null : decodeCursor(query.from);
    return { kind: 'checkpoint', afterId, limit: query.take ?? 50 };
  }
  const limit = query.per_page ?? defaultLimit;
  return {
    kind: 'offset',
    offset: (query.page ?? 0) * limit,
    limit,
    totals: query.include_totals ?? false,
  };
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

/** Reverses {@link encodeCursor}; throws 400 for anything else. */
export function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!text.startsWith('1,') || text.length < 3) {
    throw badRequest(
      "Query validation error: 'Invalid cursor' on property from.",
      'invalid_query_string',
    );
  }
  return text.slice(2);
}
