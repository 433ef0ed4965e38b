import { Type } from 'typebox';
import {
  changeUser,
  createUser,
  type ManageUsersDeps,
  removeUser,
} from '../../flows/manage-users/manage-users.ts';
import type { Db } from '../../platform/db/db.ts';
import { findConnection, findConnectionByName } from '../../records/connections/connections.ts';
import {
  countUsers,
  findUser,
  findUsersByEmail,
  pageOfUsers,
  prepareUserSearch,
  searchUsers,
  type User,
  type UserOrder,
  type UserSearch,
  usersById,
} from '../../records/users/users.ts';
import { ApiError, badRequest, notFound } from './errors.ts';
import { checkpointPage, checkpointQuery, pageOf, pageQuery, pagingOf } from './paging.ts';
import { type Api, route } from './route.ts';
import {
  createUserBody,
  refuseExclusive,
  refuseForeign,
  refuseMetadata,
  toChanges,
  toWireUser,
  updateUserBody,
  userSchema,
} from './user-wire.ts';
import { checkFields, fieldsQuery, oneOf, pickFields } from './wire.ts';

export type UserDeps = ManageUsersDeps;

const userParams = Type.Object({ id: Type.String({ description: 'ID of the user, `auth0|…`' }) });
const partialUser = Type.Partial(userSchema);
const USER_FIELDS = Object.keys(userSchema.properties);
const MAX_PAGED = 1000;
const MAX_COUNTED = 100_000;
const SEARCH_LIMIT_MS = 2000;
const SORTABLE = new Set([
  'created_at',
  'updated_at',
  'email',
  'name',
  'last_login',
  'logins_count',
  'user_id',
]);

/** /users and /users-by-email. */
export function userRoutes(api: Api, deps: UserDeps): void {
  route(api, {
    method: 'GET',
    url: '/users',
    scopes: ['read:users'],
    summary: 'List users',
    description:
      'By page, at most 1000 users deep, or by checkpoint (`take`, then `from`) without an end; all of them or, with `q`, those ' +
      `that match. A search has ${SEARCH_LIMIT_MS / 1000} seconds. Its total is counted up to ${MAX_COUNTED}.`,
    tags: ['users'],
    query: Type.Object({
      ...pageQuery,
      ...checkpointQuery,
      ...fieldsQuery,
      sort: Type.Optional(
        Type.String({ pattern: '^[a-z_]+:-?1$', description: '`field:1` or `field:-1`' }),
      ),
      connection: Type.Optional(Type.String({ description: 'Not used by search engine v3' })),
      q: Type.Optional(
        Type.String({
          description:
            'A search in Lucene’s query syntax, such as `email:*@example.com AND NOT blocked:true`',
        }),
      ),
      search_engine: Type.Optional(
        oneOf(['v1', 'v2', 'v3'], { description: 'Only v3, which is also the default' }),
      ),
      primary_order: Type.Optional(Type.Boolean({ description: 'Has no effect' })),
    }),
    response: { 200: pageOf('users', partialUser) },
    async handler({ query }) {
      checkFields(query.fields, USER_FIELDS);
      const search = searchOf(query);
      const paging = pagingOf(query);
      const names = connectionNames(deps.db);
      if (paging.kind === 'checkpoint') {
        const page = { afterId: paging.afterId, limit: paging.limit + 1 };
        const users = search
          ? (await foundUsers(deps.db, search, { kind: 'after', ...page })).users
          : await usersById(deps.db, page);
        const shown = await Promise.all(
          users.map(async (user) => ({ user, name: await names(user) })),
        );
        return checkpointPage(
          paging,
          'users',
          shown,
          (one) => one.user.id,
          (one) => pickFields(toWireUser(one.user, one.name), query),
        );
      }
      const { offset, limit, totals } = paging;
      if (offset + limit > MAX_PAGED) {
        throw badRequest(
          'You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation',
          'invalid_paging',
        );
      }
      const page = { offset, limit, order: orderOf(query.sort) };
      const { users, total } = search
        ? await foundUsers(deps.db, search, {
            kind: 'offset',
            ...page,
            ...(totals && { countUpTo: MAX_COUNTED }),
          })
        : {
            users: await pageOfUsers(deps.db, page),
            total: totals ? await countUsers(deps.db) : null,
          };
      const wire = [];
      for (const user of users) wire.push(pickFields(toWireUser(user, await names(user)), query));
      if (total === null) return wire;
      return { start: offset, limit, length: wire.length, users: wire, total };
    },
  });

  route(api, {
    method: 'POST',
    url: '/users',
    scopes: ['create:users'],
    summary: 'Create a user',
    tags: ['users'],
    body: createUserBody,
    response: { 201: userSchema },
    async handler({ body }) {
      const connection = await findConnectionByName(deps.db, body.connection);
      if (!connection) throw badRequest('The connection does not exist.', 'inexistent_connection');
      refuseForeign(connection);
      refuseMetadata(body);
      if (!body.email && !body.username && !body.phone_number) {
        throw badRequest("Payload validation error: 'Missing required property: email'.");
      }
      const user = await createUser(deps, {
        connection,
        password: body.password,
        verifyEmail: body.verify_email,
        user: {
          ...(body.user_id && { localId: body.user_id }),
          email: body.email,
          emailVerified: body.email_verified,
          username: body.username,
          phoneNumber: body.phone_number,
          phoneVerified: body.phone_verified,
          name: body.name,
          givenName: body.given_name,
          familyName: body.family_name,
          nickname: body.nickname,
          picture: body.picture,
          blocked: body.blocked,
          appMetadata: body.app_metadata,
          userMetadata: body.user_metadata,
        },
      });
      return toWireUser(user, connection.name);
    },
  });

  route(api, {
    method: 'GET',
    url: '/users/:id',
    scopes: ['read:users'],
    summary: 'Get a user',
    tags: ['users'],
    params: userParams,
    query: Type.Object(fieldsQuery),
    response: { 200: partialUser },
    async handler({ params, query }) {
      checkFields(query.fields, USER_FIELDS);
      const user = await userOf(deps.db, params.id);
      return pickFields(toWireUser(user, await connectionNames(deps.db)(user)), query);
    },
  });

  route(api, {
    method: 'PATCH',
    url: '/users/:id',
    scopes: ['update:users', 'update:users_app_metadata'],
    summary: 'Update a user',
    description:
      'Metadata is merged on its first level; a key set to null is deleted, `{}` removes everything.',
    tags: ['users'],
    params: userParams,
    body: updateUserBody,
    response: { 200: userSchema },
    async handler({ params, body, caller }) {
      const metadataOnly = Object.keys(body).every((key) => key === 'app_metadata');
      if (!caller.scopes.has('update:users') && !metadataOnly) {
        throw badRequest('Only app_metadata can be changed with this scope.', 'insufficient_scope');
      }
      refuseExclusive(body);
      refuseMetadata(body);
      const before = await userOf(deps.db, params.id);
      const connection = await findConnection(deps.db, before.connectionId);
      if (!connection) throw badRequest('Connection does not exist.', 'inexistent_connection');
      if (body.connection !== undefined && body.connection !== connection.name) {
        const other = await findConnectionByName(deps.db, body.connection);
        throw other
          ? badRequest('Connection is not supported for this operation.', 'operation_not_supported')
          : badRequest('Connection does not exist.', 'inexistent_connection');
      }
      const user = await changeUser(deps, {
        userId: before.id,
        connection,
        changes: toChanges(body),
        password: body.password ?? undefined,
        verifyEmail: body.verify_email === true,
        clientId: body.client_id,
      });
      return toWireUser(user, connection.name);
    },
  });

  route(api, {
    method: 'DELETE',
    url: '/users/:id',
    scopes: ['delete:users'],
    summary: 'Delete a user',
    description: 'Also ends the sessions of the user. Answers 204 whether or not there was one.',
    tags: ['users'],
    params: userParams,
    response: { 204: null },
    async handler({ params }) {
      if (!params.id.includes('\0')) await removeUser(deps, params.id);
    },
  });

  route(api, {
    method: 'GET',
    url: '/users-by-email',
    scopes: ['read:users'],
    summary: 'Find users by e-mail',
    description: 'Exact and case-sensitive: e-mails are kept in lower case.',
    tags: ['users'],
    query: Type.Object({
      email: Type.String({ minLength: 1, description: 'Email address to search for' }),
      ...fieldsQuery,
    }),
    response: { 200: Type.Array(partialUser) },
    async handler({ query }) {
      checkFields(query.fields, USER_FIELDS);
      if (query.email.includes('\0')) return [];
      const users = await findUsersByEmail(deps.db, query.email);
      const names = connectionNames(deps.db);
      const wire = [];
      for (const user of users) wire.push(pickFields(toWireUser(user, await names(user)), query));
      return wire;
    },
  });
}

/** What the query searches for; null: everybody. */
function searchOf(query: {
  q?: string | undefined;
  search_engine?: string | undefined;
}): UserSearch | null {
  const { q, search_engine: engine } = query;
  if (engine === 'v1') {
    throw badRequest(
      q === undefined
        ? 'You are not allowed to use search_engine=v1.'
        : "The 'q' parameter is available only if you specify 'search_engine=v2|v3'.",
      'invalid_query_string',
    );
  }
  if (engine === 'v2') {
    throw badRequest(
      'You are not allowed to use search_engine=v2. Use search_engine=v3 instead.',
      'invalid_query_string',
    );
  }
  if (q === undefined || q.trim() === '') return null;
  const prepared = prepareUserSearch(q);
  if (prepared.kind === 'ready') return prepared.search;
  throw badRequest(
    `Query validation error: '${prepared.message} (at character ${prepared.at + 1})' on property q.`,
    'invalid_query_string',
  );
}

/** @throws ApiError 503 when the search takes too long */
async function foundUsers(
  db: Db,
  search: UserSearch,
  page: Parameters<typeof searchUsers>[1]['page'],
): Promise<{ users: User[]; total: number | null }> {
  const found = await searchUsers(db, { search, page, timeLimitMs: SEARCH_LIMIT_MS });
  if (found.kind === 'found') return found;
  throw new ApiError(
    503,
    'The query exceeded the timeout. Please try refining your search criteria. See https://auth0.com/docs/best-practices/search-best-practices.',
  );
}

async function userOf(db: Db, id: string): Promise<User> {
  const user = id.includes('\0') ? null : await findUser(db, id);
  if (!user) throw notFound('The user does not exist.', 'inexistent_user');
  return user;
}

/** Looks each connection's name up once per request. */
function connectionNames(db: Db): (user: User) => Promise<string> {
  const known = new Map<string, string>();
  return async (user) => {
    const found = known.get(user.connectionId);
    if (found !== undefined) return found;
    const name = (await findConnection(db, user.connectionId))?.name ?? '';
    known.set(user.connectionId, name);
    return name;
  };
}

function orderOf(sort: string | undefined): UserOrder {
  if (sort === undefined) return { by: 'user_id', descending: false };
  const [field = '', direction] = sort.split(':');
  if (!SORTABLE.has(field)) {
    throw badRequest(
      `Query validation error: 'Can not sort by ${field}' on property sort.`,
      'invalid_query_string',
    );
  }
  return { by: field as UserOrder['by'], descending: direction === '-1' };
}
