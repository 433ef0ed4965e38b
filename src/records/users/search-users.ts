import { type QueryCreator, type SqlBool, sql } from 'kysely';
import { type Db, sqlState } from '../../platform/db/db.ts';
import { compileSearch, UnsearchableError } from '../../platform/search-query/search-query.ts';
import {
  allOf,
  anyOf,
  type Condition,
  FIELDS,
  type Field,
  onField,
  UNNAMED,
} from './search-fields.ts';
import { metadataField } from './search-metadata.ts';
import { toUser, type User, type UsersTable } from './user-row.ts';

const on = (db: Db) => db.withTables<{ users: UsersTable }>();

/** A search that was read and understood. */
export type PreparedSearch = { where: Condition };

export type Prepared =
  | { kind: 'ready'; search: PreparedSearch }
  /** `message` is for people; `at` counts the text's characters from 0. */
  | { kind: 'invalid'; message: string; at: number };

/** Reads `q`, Lucene's syntax over the fields of users. Values become parameters, never SQL. */
export function prepareSearch(q: string): Prepared {
  const compiled = compileSearch<Condition>(q, {
    all: () => sql`true`,
    and: allOf,
    or: anyOf,
    not: (part) => sql`(${part}) is not true`,
    unnamed: UNNAMED,
    term: (name, term) => onField(fieldOf(name, term.at), term),
  });
  if (compiled.kind === 'invalid') return compiled;
  return { kind: 'ready', search: { where: compiled.where } };
}

function fieldOf(name: string, at: number): Field {
  const field = FIELDS.get(name) ?? metadataField(name, at);
  if (field) return field;
  const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  const known = [...FIELDS.keys(), 'app_metadata.*', 'user_metadata.*'].join(', ');
  throw new UnsearchableError(`There is no search by ${shown}; there is by ${known}`, at);
}

export type SearchOrder = { column: keyof UsersTable; descending: boolean };

export type SearchPage =
  | {
      kind: 'offset';
      offset: number;
      limit: number;
      order: SearchOrder;
      /** Also count, but no further than this. */
      countUpTo?: number;
    }
  | { kind: 'after'; afterId: string | null; limit: number };

export type Found = { kind: 'found'; users: User[]; total: number | null } | { kind: 'timeout' };

const QUERY_CANCELED = '57014';
// As shares of the time there is.
const FIRST_WALK = 0.02;
const COLLECTED = 0.6;

/**
 * One page, or `timeout` when the database needs longer. A page can be had in two ways: walk in the wanted order until enough match, or
 * collect all that match and sort them. The database chooses, and where it guesses wrong the one takes a thousand times longer than the
 * other: so it has a moment for its choice, then it is told to collect, and what is left of the time is for walking.
 * The embedded database can't be stopped: there the choice stands, and takes the time it takes.
 */
export async function findBySearch(
  db: Db,
  input: { search: PreparedSearch; page: SearchPage; timeLimitMs: number },
): Promise<Found> {
  const { search, page, timeLimitMs } = input;
  const start = performance.now();
  const end = start + timeLimitMs;
  const attempt = (way: 'walk' | 'collect', share: number) =>
    within(db, start + timeLimitMs * share, (tx) => pageOf(tx, search, page, way));
  const users =
    (await attempt('walk', FIRST_WALK)) ??
    (await attempt('collect', COLLECTED)) ??
    (await attempt('walk', 1));
  if (users === null) return { kind: 'timeout' };
  if (page.kind === 'after' || page.countUpTo === undefined) {
    return { kind: 'found', users, total: null };
  }
  // What the page shows needn't be counted again.
  if (users.length < page.limit && (users.length > 0 || page.offset === 0)) {
    return { kind: 'found', users, total: page.offset + users.length };
  }
  const { countUpTo } = page;
  const total = await within(db, end, (tx) => countOf(tx, search, countUpTo));
  return total === null ? { kind: 'timeout' } : { kind: 'found', users, total };
}

/** What `read` finds before `end`, on the clock of `performance.now`; null when it is not done by then. */
async function within<T>(db: Db, end: number, read: (tx: Db) => Promise<T>): Promise<T | null> {
  const left = Math.round(end - performance.now());
  if (left <= 0) return null;
  try {
    return await db
      .transaction()
      .setAccessMode('read only')
      .execute(async (tx) => {
        await sql`select set_config('statement_timeout', ${String(left)}, true)`.execute(tx);
        return read(tx);
      });
  } catch (error) {
    if (sqlState(error) === QUERY_CANCELED) return null;
    throw error;
  }
}

async function pageOf(
  db: Db,
  search: PreparedSearch,
  page: SearchPage,
  way: 'walk' | 'collect' = 'walk',
): Promise<User[]> {
  const order = page.kind === 'offset' ? page.order : { column: 'id' as const, descending: false };
  const from = page.kind === 'after' ? page.afterId : null;
  // Identities that are linked to a user are not users themselves.
  const users = allOf([search.where, sql`users.linked_to is null`]);
  const where = from === null ? users : allOf([sql`users.id > ${from}`, users]);
  const all = (from: QueryCreator<{ users: UsersTable }>) => from.selectFrom('users').selectAll();
  const matching =
    way === 'walk'
      ? all(on(db)).where(where)
      : // Under the table's own name: outside it the table isn't needed.
        all(
          on(db).with(
            (cte) => cte('users').materialized(),
            (from) => all(from).where(where),
          ),
        );
  const ordered = matching.orderBy(order.column, (direction) => {
    if (!order.descending) return direction.asc();
    // Whoever lacks it comes last either way. Said only where it can lack: an index has it the other way round.
    return NEVER_NULL.has(order.column) ? direction.desc() : direction.desc().nullsLast();
  });
  const decided = order.column === 'id' ? ordered : ordered.orderBy('id');
  const paged = page.kind === 'offset' ? decided.offset(page.offset) : decided;
  return (await paged.limit(page.limit).execute()).map(toUser);
}

const NEVER_NULL = new Set<keyof UsersTable>([
  'id',
  'email_verified',
  'logins_count',
  'created_at',
  'updated_at',
]);

/** A page of everybody in some order; null when the database needs longer than it may, as few orders have an index. */
export async function pageInOrder(
  db: Db,
  page: { offset: number; limit: number; order: SearchOrder; timeLimitMs: number },
): Promise<User[] | null> {
  const { timeLimitMs, ...wanted } = page;
  const read = (from: Db) => pageOf(from, { where: sql`true` }, { kind: 'offset', ...wanted });
  if (page.order.column === 'id') return read(db);
  return within(db, performance.now() + timeLimitMs, read);
}

async function countOf(db: Db, search: PreparedSearch, bound: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from users where ${search.where} and linked_to is null limit ${bound}) as matching`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** The next `limit` users of one connection that match, in the order of their ids. For background work: no time limit. */
export async function matchesById(
  db: Db,
  input: {
    search: PreparedSearch;
    connectionId: string;
    afterId: string | null;
    limit: number;
  },
): Promise<User[]> {
  const inConnection = sql<SqlBool>`users.connection_id = ${input.connectionId}`;
  const where = allOf([inConnection, input.search.where]);
  return pageOf(db, { where }, { kind: 'after', afterId: input.afterId, limit: input.limit });
}
