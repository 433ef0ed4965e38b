import { Type } from 'typebox';
import { revokeGrants } from '../../../flows/revoke-access/revoke-access.ts';
import { listGrants, type UserGrant } from '../../../records/oidc-payloads/oidc-payloads.ts';
import {
  type Api,
  type BaseDeps,
  idParams,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  route,
} from '../route/route.ts';
import { plain } from './session-routes.ts';

const tags = ['grants'];

const grantSchema = Type.Object({
  id: Type.String({ description: 'ID of the grant' }),
  clientID: Type.String({ description: 'ID of the application' }),
  user_id: Type.String({ description: 'ID of the user' }),
  audience: Type.String({ description: 'Identifier of the API' }),
  scope: Type.Array(Type.String()),
});

/**
 * /grants: access that users give to applications. There is one grant for each session and application, while the session
 * lasts.
 */
export function grantRoutes(api: Api, deps: BaseDeps): void {
  const { db, keys, clock } = deps;
  route(api, {
    method: 'GET',
    url: '/grants',
    scopes: ['read:grants'],
    summary: 'List grants',
    tags,
    query: Type.Object({
      ...pageQuery,
      user_id: Type.Optional(Type.String({ maxLength: 600, description: 'ID of the user' })),
      client_id: Type.Optional(
        Type.String({ maxLength: 64, description: 'ID of the application' }),
      ),
      audience: Type.Optional(
        Type.String({
          maxLength: 600,
          description: 'Identifier of the API. Filters the requested page only.',
        }),
      ),
    }),
    response: { 200: pageOf('grants', grantSchema) },
    async handler({ query }) {
      const paging = offsetPaging(query);
      const { grants, total } = await listGrants(db, keys.encryption, {
        userId: query.user_id,
        clientId: query.client_id,
        offset: paging.offset,
        limit: paging.limit,
        now: clock.now(),
      });
      const wire = grants
        .map(toWire)
        .filter(({ audience }) => query.audience === undefined || audience === query.audience);
      return offsetPage(paging, 'grants', wire, total);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/grants',
    scopes: ['delete:grants'],
    summary: 'Delete all grants of a user',
    tags,
    query: Type.Object({
      user_id: Type.String({ minLength: 1, maxLength: 600, description: 'ID of the user' }),
    }),
    response: { 204: null },
    handler: ({ query }) => revokeGrants(deps, { userId: query.user_id }),
  });
  route(api, {
    method: 'DELETE',
    url: '/grants/:id',
    scopes: ['delete:grants'],
    summary: 'Delete a grant',
    description: 'Also deletes the codes and refresh tokens of the grant.',
    tags,
    params: idParams('ID of the grant'),
    response: { 204: null },
    handler: ({ params }) => revokeGrants(deps, { id: plain(params.id) }),
  });
}

function toWire({ id, clientId, userId, payload }: UserGrant) {
  const resources = Object.entries((payload.resources ?? {}) as Record<string, unknown>);
  const [audience, scope] = resources[0] ?? ['', (payload.openid as { scope?: unknown })?.scope];
  return {
    id,
    clientID: clientId,
    user_id: userId,
    audience,
    scope: String(scope ?? '')
      .split(' ')
      .filter(Boolean),
  };
}
