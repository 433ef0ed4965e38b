import { Type } from 'typebox';
import { changeAccessMetadata } from '../../../flows/describe-access/describe-access.ts';
import { revoke } from '../../../flows/revoke-access/revoke-access.ts';
import { findClient } from '../../../records/clients/clients.ts';
import {
  findAccess,
  listAccess,
  type UserAccess,
} from '../../../records/oidc-payloads/oidc-payloads.ts';
import {
  type Api,
  ApiError,
  alwaysAnObject,
  type BaseDeps,
  badRequest,
  checkpointPage,
  checkpointPaging,
  checkpointQuery,
  closed,
  fieldsQuery,
  freeObject,
  idParams,
  notFound,
  nullable,
  pickFields,
  route,
  userOf,
} from '../route/route.ts';
import { plain } from './session-routes.ts';
import { checkedMetadata, refreshTokenSchema, toWireRefreshTokens } from './session-wire.ts';

const params = idParams('ID of the refresh token');
const userParams = Type.Object({
  user_id: Type.String({ maxLength: 600, description: 'ID of the user' }),
});
const tags = ['refresh-tokens'];
const page = Type.Object({
  tokens: Type.Array(refreshTokenSchema),
  next: Type.Optional(Type.String()),
});
const partialPage = Type.Object({
  refresh_tokens: Type.Array(Type.Partial(refreshTokenSchema)),
  next: Type.Optional(Type.String()),
});
const missing = () => notFound('The refresh token does not exist.', 'inexistent_refresh_token');

/** /refresh-tokens, and the refresh tokens of users. */
export function refreshTokenRoutes(api: Api, deps: BaseDeps): void {
  const { db, keys, clock } = deps;
  const model = 'RefreshToken' as const;

  async function needToken(id: string): Promise<UserAccess> {
    const now = clock.now();
    const found = await findAccess(db, keys.encryption, { model, id: plain(id), now });
    if (!found) throw missing();
    return found;
  }

  async function shown(id: string) {
    const [wire] = await toWireRefreshTokens(db, [await needToken(id)]);
    return wire;
  }

  route(api, {
    method: 'GET',
    url: '/users/:user_id/refresh-tokens',
    scopes: ['read:refresh_tokens'],
    summary: 'List the refresh tokens of a user',
    tags: ['users'],
    params: userParams,
    query: Type.Object({
      ...checkpointQuery,
      include_totals: alwaysAnObject,
      per_page: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          description: 'The same as `take`. If both are present, `take` counts.',
        }),
      ),
    }),
    response: { 200: page },
    async handler({ params, query }) {
      const { id: userId } = await userOf(db, params.user_id);
      const paging = checkpointPaging({ ...query, take: query.take ?? query.per_page });
      const { afterId } = paging;
      const now = clock.now();
      const limit = paging.limit + 1;
      const found = await listAccess(db, keys.encryption, {
        model,
        userId,
        afterId,
        limit,
        now,
      });
      const wire = await toWireRefreshTokens(db, found);
      return checkpointPage(
        paging,
        'tokens',
        wire,
        (each) => each.id,
        (each) => each,
      );
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/users/:user_id/refresh-tokens',
    scopes: ['delete:refresh_tokens'],
    summary: 'Revoke all refresh tokens of a user',
    tags: ['users'],
    params: userParams,
    response: { 202: null },
    async handler({ params }) {
      const { id: userId } = await userOf(db, params.user_id);
      await revoke(deps, { model, userId });
    },
  });
  route(api, {
    method: 'GET',
    url: '/refresh-tokens',
    scopes: ['read:refresh_tokens'],
    summary: 'List the refresh tokens of a user, optionally of one application',
    tags,
    query: Type.Object({
      user_id: Type.Optional(Type.String({ maxLength: 300, description: 'ID of the user' })),
      client_id: Type.Optional(
        Type.String({ maxLength: 64, description: 'ID of the application' }),
      ),
      ...checkpointQuery,
      ...fieldsQuery(Object.keys(refreshTokenSchema.properties)),
    }),
    response: { 200: partialPage },
    async handler({ query }) {
      if (query.user_id === undefined) {
        throw badRequest("Missing required 'user_id' parameter.", 'invalid_query_string');
      }
      const { id: userId } = await userOf(db, query.user_id);
      const { client_id: clientId } = query;
      if (clientId !== undefined && !(await findClient(db, clientId))) {
        throw notFound('The client does not exist.', 'inexistent_client');
      }
      const paging = checkpointPaging(query);
      const found = await listAccess(db, keys.encryption, {
        model,
        userId,
        clientId,
        afterId: paging.afterId,
        limit: paging.limit + 1,
        now: clock.now(),
      });
      return checkpointPage(
        paging,
        'refresh_tokens',
        await toWireRefreshTokens(db, found),
        (each) => each.id,
        (each) => pickFields(each, query),
      );
    },
  });
  route(api, {
    method: 'POST',
    url: '/refresh-tokens/revoke',
    scopes: ['delete:refresh_tokens'],
    summary: 'Revoke refresh tokens by their IDs, or all of a user, of an application, or of both',
    tags,
    body: closed({
      ids: Type.Optional(
        Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 100 }),
      ),
      user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
      client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      audience: Type.Optional(Type.String({ minLength: 1, maxLength: 600 })),
    }),
    response: { 202: null },
    async handler({ body }) {
      const { ids, user_id: userId, client_id: clientId, audience } = body;
      if (audience !== undefined) {
        throw new ApiError(403, 'This feature is not enabled for this tenant.');
      }
      const hasOwner = userId !== undefined || clientId !== undefined;
      if ((ids === undefined) === !hasOwner) throw badRequest('Invalid combination of parameters.');
      if (ids !== undefined) return revoke(deps, { model, ids: ids.map(plain) });
      if (userId !== undefined) await userOf(db, userId);
      if (clientId !== undefined && !(await findClient(db, clientId))) {
        throw badRequest('Client not found.');
      }
      return revoke(deps, { model, userId, clientId });
    },
  });
  route(api, {
    method: 'GET',
    url: '/refresh-tokens/:id',
    scopes: ['read:refresh_tokens'],
    summary: 'Get a refresh token',
    tags,
    params,
    response: { 200: refreshTokenSchema },
    handler: ({ params }) => shown(params.id),
  });
  route(api, {
    method: 'PATCH',
    url: '/refresh-tokens/:id',
    scopes: ['update:refresh_tokens'],
    summary: 'Update the metadata of a refresh token',
    tags,
    params,
    body: closed({
      refresh_token_metadata: Type.Optional(
        nullable(freeObject('Metadata: string values. `null` deletes it.')),
      ),
    }),
    response: { 200: refreshTokenSchema },
    async handler({ params, body }) {
      const { id } = await needToken(params.id);
      const { refresh_token_metadata: given } = body;
      if (given !== undefined) {
        const metadata = checkedMetadata('refresh_token_metadata', given);
        const outcome = await changeAccessMetadata(deps, { model, id, metadata });
        if (outcome.kind === 'missing') throw missing();
      }
      return shown(id);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/refresh-tokens/:id',
    scopes: ['delete:refresh_tokens'],
    summary: 'Revoke a refresh token',
    description: 'Returns 202 even if the refresh token does not exist.',
    tags,
    params,
    response: { 202: null },
    handler: ({ params }) => revoke(deps, { model, ids: [plain(params.id)] }),
  });
}
