import { Type } from 'typebox';
import { changeConnectionClients } from '../../../flows/manage-connections/manage-connections.ts';
import { enabledClientsAfter, findConnection } from '../../../records/connections/connections.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointPaging,
  checkpointQuery,
  closed,
  idParams,
  nextCursor,
  notFound,
  route,
} from '../route/route.ts';

const tags = ['connections'];
const params = idParams('The id of the connection');
const missing = () => notFound('The connection does not exist', 'inexistent_connection');

/** `/connections/{id}/clients`: the applications that use a connection. */
export function connectionClientRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/connections/:id/clients',
    scopes: ['read:connections'],
    summary: 'List the applications that use a connection',
    tags,
    params,
    query: closed({
      ...checkpointQuery,
      take: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1000,
          description: 'Results per page. Default: 50. Maximum: 100.',
        }),
      ),
    }),
    response: {
      200: Type.Object({
        clients: Type.Array(Type.Object({ client_id: Type.String() })),
        next: nextCursor,
      }),
    },
    handler: async ({ params, query }) => {
      const paging = checkpointPaging(query);
      if ((await findConnection(db, params.id)) === null) throw missing();
      const found = await enabledClientsAfter(db, {
        connectionId: params.id,
        afterId: paging.afterId,
        limit: paging.limit + 1,
      });
      return checkpointPage(
        paging,
        'clients',
        found,
        (id) => id,
        (id) => ({ client_id: id }),
      );
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/connections/:id/clients',
    scopes: ['update:connections'],
    summary: 'Enable or disable a connection for applications',
    description: 'The body is an array. Applications that are not in it stay unchanged.',
    tags,
    params,
    body: Type.Array(
      closed({
        client_id: Type.String({
          minLength: 1,
          maxLength: 64,
          description: 'ID of the application',
        }),
        status: Type.Boolean({ description: 'Whether the application can use the connection' }),
      }),
      { minItems: 1, maxItems: 50 },
    ),
    response: { 204: null },
    handler: async ({ params, body }) => {
      // If the array names an application twice, the last entry counts.
      const wanted = new Map(body.map((each) => [each.client_id, each.status]));
      const withStatus = (status: boolean) =>
        [...wanted].flatMap(([id, one]) => (one === status ? [id] : []));
      const changes = { enable: withStatus(true), disable: withStatus(false) };
      const outcome = await changeConnectionClients(deps, params.id, changes);
      if (outcome.kind === 'missing') throw missing();
    },
  });
}
