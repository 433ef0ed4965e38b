import { Type } from 'typebox';
import { createUser, type ManageUsersDeps } from '../../../flows/manage-users/manage-users.ts';
import type { Db } from '../../../platform/db/db.ts';
import {
  type Connection,
  findConnectionByName,
  identifiersOf,
  isConnectionEnabled,
  isPasswordless,
} from '../../../records/connections/connections.ts';
import {
  countUsers,
  findUsersByEmail,
  pageOfUsers,
  prepareUserSearch,
  searchUsers,
  type User,
  type UserOrder,
  type UserSearch,
  userOrders,
  usersById,
} from '../../../records/users/users.ts';
import { refuseMetadata } from '../metadata/metadata.ts';
import {
  type Api,
  ApiError,
  type BaseDeps,
  badRequest,
  checkpointPage,
  checkpointQuery,
  customDomainOf,
  fieldsQuery,
  oneOf,
  pageOf,
  pageQuery,
  pagingOf,
  pickFields,
  refuseDeep,
  route,
  sortOf,
} from '../route/route.ts';
import { showUser, showUsers, tokenReader } from './show-users.ts';
import {
  createUserBody,
  partialUser,
  profileOf,
  refuseForeign,
  USER_FIELDS,
  userSchema,
} from './user-wire.ts';

export type UserDeps = ManageUsersDeps &
  Pick<BaseDeps, 'pictureOf' | 'keys'> & { userMetadataMaxBytes: number };

const USER_ORDERS = Object.fromEntries(userOrders.map((userOrder) => [userOrder, userOrder]));
const TOO_DEEP =
  'You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation';
const MAX_COUNTED = 10_000;
const SEARCH_LIMIT_MS = 2000;
// Most sort orders have no index. A list without a search therefore gets more time, but not unlimited time.
const LIST_LIMIT_MS = 10_000;

/** /users without an id, and /users-by-email. */
export function userRoutes(api: Api, deps: UserDeps): void {
  route(api, {
    method: 'GET',
    url: '/users',
    scopes: ['read:users', 'read:user_idp_tokens'],
    summary: 'List users',
    description:
      'Returns all users, or with `q` the users that match. Pages by number reach the first 1000 users. Pages by checkpoint ' +
      '(`take`, then `from`) reach all users. ' +
      `A search can take up to ${SEARCH_LIMIT_MS / 1000} seconds. Its total counts up to ${MAX_COUNTED} users.`,
    tags: ['users'],
    query: Type.Object({
      ...pageQuery,
      ...checkpointQuery,
      ...fieldsQuery(USER_FIELDS),
      sort: Type.Optional(
        Type.String({
          maxLength: 100,
          description:
            'Sort order: `field:1` for ascending, `field:-1` for descending. Metadata cannot be sorted by.',
        }),
      ),
      connection: Type.Optional(
        Type.String({
          maxLength: 0,
          description: 'Name of a connection. Use `q=identities.connection:"name"` instead.',
        }),
      ),
      q: Type.Optional(
        Type.String({
          description:
            'Search in Lucene query syntax, such as `email:*@example.com AND NOT blocked:true`',
        }),
      ),
      search_engine: Type.Optional(
        oneOf(['v1', 'v2', 'v3'], {
          description: 'Version of the search engine. Only `v3` is supported. Default: `v3`.',
        }),
      ),
      primary_order: Type.Optional(
        Type.Boolean({
          description:
            'Whether the order must be stable. The order is always stable, also with `false`.',
        }),
      ),
    }),
    response: { 200: pageOf('users', partialUser) },
    async handler({ query, caller }) {
      const search = searchOf(query);
      const paging = pagingOf(query);
      const order: UserOrder = sortOf(query.sort, USER_ORDERS, paging) ?? {
        by: 'user_id',
        descending: false,
      };
      if (paging.kind === 'checkpoint') {
        const page = { afterId: paging.afterId, limit: paging.limit + 1 };
        const users = search
          ? (await foundUsers(deps.db, search, { kind: 'after', ...page })).users
          : await usersById(deps.db, page);
        return checkpointPage(
          paging,
          'users',
          await showUsers(deps, users, tokenReader(deps, caller)),
          (each) => each.user_id,
          (each) => pickFields(each, query),
        );
      }
      refuseDeep(paging, TOO_DEEP);
      const { offset, limit, totals } = paging;
      const page = { offset, limit, order };
      const { users, total } = search
        ? await foundUsers(deps.db, search, {
            kind: 'offset',
            ...page,
            ...(totals && { countUpTo: MAX_COUNTED }),
          })
        : {
            users:
              (await pageOfUsers(deps.db, { ...page, timeLimitMs: LIST_LIMIT_MS })) ?? tooSlow(),
            total: totals ? await countUsers(deps.db) : null,
          };
      const wire = (await showUsers(deps, users, tokenReader(deps, caller))).map((each) =>
        pickFields(each, query),
      );
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
    async handler({ body, request, caller }) {
      const connection = await findConnectionByName(deps.db, body.connection);
      if (!connection) throw badRequest('The connection does not exist.', 'inexistent_connection');
      refuseForeign(connection);
      if (!(await isConnectionEnabled(deps.db, connection.id))) {
        throw badRequest('Connection is disabled.', 'operation_not_supported');
      }
      refuseMetadata(body);
      refuseIncomplete(connection, body);
      const user = await createUser(deps, {
        connection,
        password: body.password,
        verifyEmail: body.verify_email,
        customDomain: customDomainOf(request),
        user: {
          provider: connection.strategy,
          ...(body.user_id && { localId: body.user_id }),
          email: body.email,
          emailVerified: body.email_verified,
          username: body.username,
          phoneNumber: body.phone_number,
          phoneVerified: body.phone_verified,
          ...profileOf(body),
        },
      });
      return showUser(deps, user, tokenReader(deps, caller));
    },
  });

  route(api, {
    method: 'GET',
    url: '/users-by-email',
    scopes: ['read:users'],
    summary: 'Find users by email address',
    description:
      'The comparison is exact and case-sensitive. Usher stores email addresses in lower case. Also finds users by the ' +
      'email address of a linked identity.',
    tags: ['users'],
    query: Type.Object({
      email: Type.String({ minLength: 1, description: 'Email address to search for' }),
      ...fieldsQuery(USER_FIELDS),
    }),
    response: { 200: Type.Array(partialUser) },
    async handler({ query, caller }) {
      const users = await findUsersByEmail(deps.db, query.email);
      return (await showUsers(deps, users, tokenReader(deps, caller))).map((each) =>
        pickFields(each, query),
      );
    },
  });
}

/**
 * @throws ApiError 400 if the new user lacks an identifier that the connection requires, or has a field that it does not
 * allow
 */
function refuseIncomplete(
  connection: Connection,
  body: { email?: string; username?: string; phone_number?: string; password?: string },
): void {
  const { strategy } = connection;
  if (isPasswordless(connection) && body.password !== undefined) {
    throw badRequest("Payload validation error: 'Additional properties not allowed: password'.");
  }
  const { email, phoneNumber, username } = identifiersOf(connection);
  const needed = [
    ...((email.required || strategy === 'email') && !body.email ? ['email'] : []),
    ...((phoneNumber.required || strategy === 'sms') && !body.phone_number ? ['phone_number'] : []),
    ...(username.required && !body.username ? ['username'] : []),
    ...(!body.email && !body.username && !body.phone_number ? ['email'] : []),
  ];
  if (needed[0] === undefined) return;
  throw badRequest(`Payload validation error: 'Missing required property: ${needed[0]}'.`);
}

/** Reads the search from the query. `null` means all users. */
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

/** @throws ApiError 503 if the search takes too long */
async function foundUsers(
  db: Db,
  search: UserSearch,
  page: Parameters<typeof searchUsers>[1]['page'],
): Promise<{ users: User[]; total: number | null }> {
  const found = await searchUsers(db, { search, page, timeLimitMs: SEARCH_LIMIT_MS });
  return found.kind === 'found' ? found : tooSlow();
}

function tooSlow(): never {
  throw new ApiError(
    503,
    'The query exceeded the timeout. Please try refining your search criteria. See https://auth0.com/docs/best-practices/search-best-practices.',
  );
}
