import { type QueryCreator, type Selectable, type SqlBool, sql } from 'kysely';
import { type Db, sqlState } from '../../platform/db/db.ts';
import { RESERVED_USERS_PATTERN } from '../../platform/ids/ids.ts';
import { compileSearch, UnsearchableError } from '../../platform/search-query/search-query.ts';
import { isKnownToBeMany, noteMany } from './known-to-be-many.ts';
import {
  allOf,
  anyOf,
  type Condition,
  DEFAULT_FIELDS,
  FIELDS,
  type Field,
  onField,
} from './search-fields.ts';
import { metadataField } from './search-metadata.ts';
import { toUser, type User, type UsersTable } from './user-row.ts';

const on = (db: Db) => db.withTables<{ users: UsersTable }>();

/** A parsed search. */
export type UserSearch = { where: Condition };

export type Prepared =
  | { kind: 'ready'; search: UserSearch }
  /** `message` is for people. `at` is the character index, from 0. */
  | { kind: 'invalid'; message: string; at: number };

/** Parses `q`, Lucene's syntax over the fields of users. Values become parameters, never SQL. */
export function prepareUserSearch(q: string): Prepared {
  const compiled = compileSearch<Condition>(q, {
    all: () => sql`true`,
    and: allOf,
    or: anyOf,
    not: (part) => sql`(${part}) is not true`,
    unnamed: DEFAULT_FIELDS,
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
  throw new UnsearchableError(`${shown} is not a searchable field. The fields are ${known}`, at);
}

export type SearchOrder = { column: keyof UsersTable; descending: boolean };

type OffsetPage = {
  kind: 'offset';
  offset: number;
  limit: number;
  order: SearchOrder;
  /** Also count, up to this number. */
  countUpTo?: number;
};

export type SearchPage = OffsetPage | { kind: 'after'; afterId: string | null; limit: number };

export type Found = { kind: 'found'; users: User[]; total: number | null } | { kind: 'timeout' };

const QUERY_CANCELED = '57014';
// Fractions of the remaining time for a page.
const FIRST_WALK = 0.02;
const WALK_AMONG_MANY = 0.1;
const COLLECTED = 0.6;

/**
 * Returns one page, or `timeout` if the database needs too long. There are two ways to get a page: walk in the wanted order until enough
 * match, or collect all matches and sort them. If the database's planner chooses wrong, one takes a thousand times longer than the other.
 * So it first gets a moment for its own choice, then must collect, and the rest of the time is for walking. A request that also counts has
 * collected the matches by counting, so the page comes from there. If there are so many that the count ended early, a walk soon finds
 * enough, and for half a minute no request counts them again. The embedded database cannot interrupt a query, so its planner's choice
 * stands.
 */
export async function findBySearch(
  db: Db,
  input: { search: UserSearch; page: SearchPage; timeLimitMs: number },
): Promise<Found> {
  const { search, page, timeLimitMs } = input;
  const end = performance.now() + timeLimitMs;
  const countUpTo = page.kind === 'offset' ? page.countUpTo : undefined;
  if (page.kind === 'offset' && countUpTo !== undefined && !isKnownToBeMany(db, search.where)) {
    const counted = await within(db, end, (tx) => countedPage(tx, search, page, countUpTo));
    if (counted === null) return { kind: 'timeout' };
    if (counted.total < countUpTo) return { kind: 'found', ...counted };
    noteMany(db, search.where);
  }
  const left = end - performance.now();
  const attempt = (way: 'walk' | 'collect', share: number) =>
    within(db, end - left * (1 - share), (tx) => pageOf(tx, search, page, way));
  const users =
    (await attempt('walk', countUpTo === undefined ? FIRST_WALK : WALK_AMONG_MANY)) ??
    (await attempt('collect', COLLECTED)) ??
    (await attempt('walk', 1));
  return users === null ? { kind: 'timeout' } : { kind: 'found', users, total: countUpTo ?? null };
}

// Searched rows are soon in memory, where a page costs a few rows, not a hundred. With disk costs the planner would rather scan and sort a
// whole index than stop early: three times the work for a count (measured on a million users).
const AS_IN_MEMORY = sql`set_config('seq_page_cost', '0.05', true), set_config('random_page_cost', '0.05', true), set_config('jit', 'off', true)`;

/** Returns the result of `read` if it is done before `end`, a time of `performance.now`, else `null`. */
async function within<T>(db: Db, end: number, read: (tx: Db) => Promise<T>): Promise<T | null> {
  const left = Math.round(end - performance.now());
  if (left <= 0) return null;
  try {
    return await db
      .transaction()
      .setAccessMode('read only')
      .execute(async (tx) => {
        await sql`select set_config('statement_timeout', ${String(left)}, true), ${AS_IN_MEMORY}`.execute(
          tx,
        );
        return read(tx);
      });
  } catch (error) {
    if (sqlState(error) === QUERY_CANCELED) return null;
    throw error;
  }
}

async function pageOf(
  db: Db,
  search: UserSearch,
  page: SearchPage,
  way: 'walk' | 'collect' = 'walk',
): Promise<User[]> {
  const order = page.kind === 'offset' ? page.order : { column: 'id' as const, descending: false };
  const from = page.kind === 'after' ? page.afterId : null;
  const users = allOf([search.where, isOrdinary]);
  const where = from === null ? users : allOf([sql`users.id > ${from}`, users]);
  const all = (from: QueryCreator<{ users: UsersTable }>) => from.selectFrom('users').selectAll();
  const matching =
    way === 'walk'
      ? all(on(db)).where(where)
      : // Uses the table's own name: outside it the table is not needed.
        all(
          on(db).with(
            (cte) => cte('users').materialized(),
            (from) => all(from).where(where),
          ),
        );
  const ordered = matching.orderBy(order.column, (direction) => {
    if (!order.descending) return direction.asc();
    // Users without the value come last in both directions. It is stated only for nullable columns, because the other indexes have no such
    // order.
    return NEVER_NULL.has(order.column) ? direction.desc() : direction.desc().nullsLast();
  });
  const decided = order.column === 'id' ? ordered : ordered.orderBy('id');
  const paged = page.kind === 'offset' ? decided.offset(page.offset) : decided;
  return (await paged.limit(page.limit).execute()).map(toUser);
}

/** Linked identities are not users, and administrators are not ordinary ones. */
const isOrdinary = sql<SqlBool>`users.linked_to is null and users.id not like ${RESERVED_USERS_PATTERN}`;

const NEVER_NULL = new Set<keyof UsersTable>([
  'id',
  'email_verified',
  'logins_count',
  'created_at',
  'updated_at',
]);

/** Returns a page of all users in some order, or `null` if the database needs too long, because few orders have an index. */
export async function pageInOrder(
  db: Db,
  page: { offset: number; limit: number; order: SearchOrder; timeLimitMs: number },
): Promise<User[] | null> {
  const { timeLimitMs, ...wanted } = page;
  const read = (from: Db) => pageOf(from, { where: sql`true` }, { kind: 'offset', ...wanted });
  if (page.order.column === 'id') return read(db);
  return within(db, performance.now() + timeLimitMs, read);
}

/** Counts matches up to `bound`. If there are fewer, it also returns their page from the same reading. */
async function countedPage(
  db: Db,
  search: UserSearch,
  page: OffsetPage,
  bound: number,
): Promise<{ users: User[]; total: number }> {
  const { column, descending } = page.order;
  const sorted = sql`${sql.ref(column)} ${sql.raw(descending ? 'desc nulls last' : 'asc')}`;
  const order = column === 'id' ? sorted : sql`${sorted}, id`;
  const columns = column === 'id' ? ['users.id'] : ['users.id', `users.${column}`];
  const { rows } = await sql<{ total: number } & (Selectable<UsersTable> | { id: null })>`
    with
      matching as materialized (
        select ${sql.join(columns.map((each) => sql.ref(each)))} from users
        where ${search.where} and ${isOrdinary} limit ${bound}),
      counted as materialized (select count(*)::int as total from matching),
      page as (
        select users.* from users join (
          select id from matching where (select total from counted) < ${bound}
          order by ${order} limit ${page.limit} offset ${page.offset}) as shown on users.id = shown.id)
    select counted.total, page.* from counted left join page on true order by ${order}`.execute(db);
  return {
    total: rows[0]?.total ?? 0,
    users: rows.flatMap((row) => (row.id === null ? [] : [toUser(row)])),
  };
}

/** Returns the next `limit` matching users of one connection, in the order of their ids. It has no time limit, for background work. */
export async function searchUsersById(
  db: Db,
  input: {
    search: UserSearch;
    connectionId: string;
    afterId: string | null;
    limit: number;
  },
): Promise<User[]> {
  const inConnection = sql<SqlBool>`users.connection_id = ${input.connectionId}`;
  const where = allOf([inConnection, input.search.where]);
  return pageOf(db, { where }, { kind: 'after', afterId: input.afterId, limit: input.limit });
}
