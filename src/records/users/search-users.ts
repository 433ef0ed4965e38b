import { type QueryCreator, type Selectable, type SqlBool, sql } from 'kysely';
import { type Db, sqlState } from '../../platform/db/db.ts';
import { RESERVED_USERS_PATTERN } from '../../platform/ids/ids.ts';
import { compileSearch, UnsearchableError } from '../../platform/search-query/search-query.ts';
import { isKnownToBeMany, noteMany } from './known-to-be-many.ts';
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
export type UserSearch = { where: Condition };

export type Prepared =
  | { kind: 'ready'; search: UserSearch }
  /** `message` is for people; `at` counts the text's characters from 0. */
  | { kind: 'invalid'; message: string; at: number };

/** Reads `q`, Lucene's syntax over the fields of users. Values become parameters, never SQL. */
export function prepareUserSearch(q: string): Prepared {
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

type OffsetPage = {
  kind: 'offset';
  offset: number;
  limit: number;
  order: SearchOrder;
  /** Also count, but no further than this. */
  countUpTo?: number;
};

export type SearchPage = OffsetPage | { kind: 'after'; afterId: string | null; limit: number };

export type Found = { kind: 'found'; users: User[]; total: number | null } | { kind: 'timeout' };

const QUERY_CANCELED = '57014';
// As shares of the time that is left for a page.
const FIRST_WALK = 0.02;
const WALK_AMONG_MANY = 0.1;
const COLLECTED = 0.6;

/**
 * One page, or `timeout` when the database needs longer. A page can be had in two ways: walk in the wanted order until enough match, or
 * collect all that match and sort them. The database chooses, and where it guesses wrong the one takes a thousand times longer than the
 * other: so it has a moment for its choice, then it is told to collect, and what is left of the time is for walking.
 * Who also wants to know how many match has collected them by counting: the page is taken from there, unless there are so many that
 * the count ended early; then enough of them will soon be met on a walk, and for half a minute nobody counts them again.
 * The embedded database can't be stopped: there the choice stands, and takes the time it takes.
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

// What is searched is in memory soon, where a page costs a few rows and not a hundred. As on a disk, the planner would rather read the
// whole of an index and sort it by place than stop when it has enough: three times the work for a count (measured on a million users).
const AS_IN_MEMORY = sql`set_config('seq_page_cost', '0.05', true), set_config('random_page_cost', '0.05', true), set_config('jit', 'off', true)`;

/** What `read` finds before `end`, on the clock of `performance.now`; null when it is not done by then. */
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

/** Identities that are linked to a user are not users themselves, and administrators are no ordinary ones. */
const isOrdinary = sql<SqlBool>`users.linked_to is null and users.id not like ${RESERVED_USERS_PATTERN}`;

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

/** How many match, up to `bound`, and if there are fewer also the page of them: all in one reading of what matches. */
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
        select ${sql.join(columns.map((one) => sql.ref(one)))} from users
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

/** The next `limit` users of one connection that match, in the order of their ids. For background work: no time limit. */
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
