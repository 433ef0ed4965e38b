import { type Static, Type } from 'typebox';
import { removeConnection } from '../../../flows/remove-in-batches/remove-in-batches.ts';
import {
  type Connection,
  clientIdsOf,
  connectionsAfter,
  connectionsOfClient,
  findConnection,
  listConnections,
  openSecrets,
} from '../../../records/connections/connections.ts';
import {
  type Api,
  type BaseDeps,
  checkpointPage,
  checkpointQuery,
  closed,
  encodeCursor,
  fieldsQuery,
  idParams,
  nextCursor,
  notFound,
  offsetPage,
  pageOf,
  pageQuery,
  pagingOf,
  pickFields,
  route,
  timestamp,
} from '../route/route.ts';
import {
  CONNECTION_FIELDS,
  connectionSchema,
  createBody,
  patchBody,
  toConnectionWire,
} from './connection-wire.ts';
import { CONNECTION_EFFECTS, OPTION_EFFECTS, STRATEGY_EFFECTS } from './effects-of-connections.ts';
import { changeFromBody, createFromBody, missingConnection } from './write-connection.ts';

const tags = ['connections'];
const params = idParams('The id of the connection');
const listQuery = closed({
  ...pageQuery,
  ...checkpointQuery,
  strategy: Type.Optional(
    Type.Array(Type.String(), {
      maxItems: 100,
      description: 'Only connections of these strategies',
    }),
  ),
  name: Type.Optional(
    Type.String({ maxLength: 128, description: 'Only the connection with this name' }),
  ),
  ...fieldsQuery(CONNECTION_FIELDS),
});

/** `/connections`: connections. */
export function connectionRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    method: 'POST',
    url: '/connections',
    scopes: ['create:connections'],
    summary: 'Create a connection',
    description:
      'A connection is a database of this server (`strategy` `auth0`), passwordless (users sign in with a code sent by email ' +
      'or text message: `email`, `sms`), or a login with another identity provider, such as `google-oauth2` or `oidc`. The ' +
      'options depend on the strategy. Secrets are stored encrypted. Users can sign in with a connection only after it is ' +
      'enabled for an application.',
    tags,
    body: createBody,
    effects: { ...STRATEGY_EFFECTS, ...CONNECTION_EFFECTS, ...OPTION_EFFECTS },
    response: { 201: connectionSchema },
    handler: async ({ body }) => (await toWire(deps, [await createFromBody(deps, body)]))[0],
  });
  route(api, {
    method: 'GET',
    url: '/connections',
    scopes: ['read:connections'],
    summary: 'List connections',
    description: 'Default page size: 100.',
    tags,
    query: listQuery,
    response: { 200: pageOf('connections', connectionSchema) },
    handler: ({ query }) => list(deps, query),
  });
  route(api, {
    method: 'GET',
    url: '/connections/:id',
    scopes: ['read:connections'],
    summary: 'Get a connection',
    tags,
    params,
    query: closed(fieldsQuery(CONNECTION_FIELDS)),
    response: { 200: connectionSchema },
    handler: async ({ params, query }) => {
      const connection = await findConnection(deps.db, params.id);
      if (connection === null) throw missingConnection();
      return pickFields((await toWire(deps, [connection]))[0] ?? {}, query);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/connections/:id',
    scopes: ['update:connections'],
    summary: 'Update a connection',
    description: 'Replaces `options` as a whole. Read the options first, and send all of them.',
    tags,
    params,
    body: patchBody,
    effects: { ...CONNECTION_EFFECTS, ...OPTION_EFFECTS },
    response: { 200: connectionSchema },
    handler: async ({ params, body }) =>
      (await toWire(deps, [await changeFromBody(deps, params.id, body)]))[0],
  });
  route(api, {
    method: 'DELETE',
    url: '/connections/:id',
    scopes: ['delete:connections'],
    summary: 'Delete a connection',
    description:
      'Users can no longer sign in with the connection, and its name is free. Usher deletes its users in the background. ' +
      'Returns 202 the first time, and 204 if the connection does not exist.',
    tags,
    params,
    response: {
      202: Type.Object({ deleted_at: timestamp('When the connection was deleted') }),
      204: null,
    },
    handler: async ({ params, reply }) => {
      const deletedAt = await removeConnection(deps, params.id);
      reply.code(deletedAt ? 202 : 204);
      return deletedAt ? { deleted_at: deletedAt.toISOString() } : undefined;
    },
  });
  route(api, {
    method: 'GET',
    url: '/connections/:id/status',
    scopes: ['read:connections'],
    summary: 'Check the status of a connection',
    description:
      'Returns whether an AD/LDAP connector is online. Usher has no AD/LDAP connector, so the response is always 404.',
    tags,
    params,
    response: { 200: Type.Object({}) },
    handler: async ({ params }) => {
      const connection = await findConnection(deps.db, params.id);
      throw notFound(connection === null ? 'Connection not found.' : 'not connected to any node');
    },
  });
  route(api, {
    method: 'GET',
    url: '/clients/:id/connections',
    scopes: ['read:connections'],
    summary: 'List the connections of an application',
    tags: ['clients'],
    params: idParams('ID of the application'),
    query: closed({
      ...fieldsQuery(CONNECTION_FIELDS),
      ...checkpointQuery,
      strategy: Type.Optional(
        Type.Array(Type.String({ maxLength: 128 }), {
          description: 'Only connections of these strategies',
        }),
      ),
    }),
    response: {
      200: Type.Object({
        connections: Type.Array(connectionSchema),
        next: nextCursor,
      }),
    },
    handler: async ({ params, query }) => {
      const { strategy } = query;
      const found = (await connectionsOfClient(deps.db, params.id)).filter(
        (connection) => strategy === undefined || strategy.includes(connection.strategy),
      );
      const paging = pagingOf(query);
      const wire = async (some: typeof found) =>
        (await toWire(deps, some)).map((each) => pickFields(each, query));
      if (paging.kind === 'offset') return { connections: await wire(found) };
      const { afterId, limit } = paging;
      const rest = found
        .filter(({ id }) => afterId === null || id > afterId)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const shown = rest.slice(0, limit);
      const last = shown.at(-1);
      return {
        connections: await wire(shown),
        ...(last !== undefined && rest.length > limit && { next: encodeCursor(last.id) }),
      };
    },
  });
}

async function list(deps: BaseDeps, query: Static<typeof listQuery>) {
  const paging = pagingOf(query, 100);
  const filter = {
    ...(query.strategy !== undefined && { strategies: query.strategy }),
    ...(query.name !== undefined && { name: query.name }),
  };
  if (paging.kind === 'checkpoint') {
    const { afterId, limit } = paging;
    const found = await connectionsAfter(deps.db, { ...filter, afterId, limit: limit + 1 });
    const shown = new Map((await toWire(deps, found)).map((each) => [each.id, each]));
    return checkpointPage(
      paging,
      'connections',
      found,
      (connection) => connection.id,
      (connection) => pickFields(shown.get(connection.id) ?? {}, query),
    );
  }
  const { connections, total } = await listConnections(deps.db, { ...filter, ...paging });
  const items = (await toWire(deps, connections)).map((each) => pickFields(each, query));
  return offsetPage(paging, 'connections', items, total);
}

async function toWire(deps: BaseDeps, connections: Connection[]) {
  const clients = await clientIdsOf(
    deps.db,
    connections.map((connection) => connection.id),
  );
  return connections.map((connection) => {
    const options = openSecrets(connection.options, deps.keys.encryption);
    return toConnectionWire({ ...connection, options }, clients.get(connection.id) ?? []);
  });
}
