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
import { changeConnection, createConnection, missingConnection } from './write-connection.ts';

const tags = ['connections'];
const params = idParams('The id of the connection');
const listQuery = closed({
  ...pageQuery,
  ...checkpointQuery,
  strategy: Type.Optional(
    Type.Array(Type.String(), { maxItems: 100, description: 'Only these strategies' }),
  ),
  name: Type.Optional(Type.String({ maxLength: 128, description: 'Only the one of this name' })),
  ...fieldsQuery(CONNECTION_FIELDS),
});

/** `/connections`: user stores. */
export function connectionRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    method: 'POST',
    url: '/connections',
    scopes: ['create:connections'],
    summary: 'Create a connection',
    description:
      'A connection is a user store: a database of this server (`strategy` `auth0`), or people who log in with codes by mail or text ' +
      '(`email`, `sms`). Outside providers are refused: there is no login with them. Nobody can log in with a connection until it is ' +
      'enabled for a client.',
    tags,
    body: createBody,
    effects: { ...STRATEGY_EFFECTS, ...CONNECTION_EFFECTS, ...OPTION_EFFECTS },
    response: { 201: connectionSchema },
    handler: async ({ body }) => (await toWire(deps, [await createConnection(deps, body)]))[0],
  });
  route(api, {
    method: 'GET',
    url: '/connections',
    scopes: ['read:connections'],
    summary: 'List connections',
    description: '100 per page unless told.',
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
    summary: 'Change a connection',
    description: '`options` are replaced as a whole: read them first and send them all.',
    tags,
    params,
    body: patchBody,
    effects: { ...CONNECTION_EFFECTS, ...OPTION_EFFECTS },
    response: { 200: connectionSchema },
    handler: async ({ params, body }) =>
      (await toWire(deps, [await changeConnection(deps, params.id, body)]))[0],
  });
  route(api, {
    method: 'DELETE',
    url: '/connections/:id',
    scopes: ['delete:connections'],
    summary: 'Delete a connection',
    description:
      'Nobody can log in with it from then on, and its name is free. Its users are removed in the background. ' +
      '202 the first time, 204 when it was gone.',
    tags,
    params,
    response: {
      202: Type.Object({ deleted_at: timestamp('When it was deleted') }),
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
      'Whether an AD/LDAP connector is online. There is no connector for it here: always 404.',
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
    summary: 'List the connections a client may use',
    tags: ['clients'],
    params: idParams('ID of the client'),
    query: closed({
      ...fieldsQuery(CONNECTION_FIELDS),
      ...checkpointQuery,
      strategy: Type.Optional(
        Type.Array(Type.String({ maxLength: 128 }), { description: 'Only of these strategies' }),
      ),
    }),
    response: {
      200: Type.Object({
        connections: Type.Array(connectionSchema),
        next: Type.Optional(Type.String({ description: 'Absent on the last page' })),
      }),
    },
    handler: async ({ params, query }) => {
      const { strategy } = query;
      const found = (await connectionsOfClient(deps.db, params.id)).filter(
        (one) => strategy === undefined || strategy.includes(one.strategy),
      );
      const paging = pagingOf(query);
      const wire = async (some: typeof found) =>
        (await toWire(deps, some)).map((one) => pickFields(one, query));
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
    const shown = new Map((await toWire(deps, found)).map((one) => [one.id, one]));
    return checkpointPage(
      paging,
      'connections',
      found,
      (one) => one.id,
      (one) => pickFields(shown.get(one.id) ?? {}, query),
    );
  }
  const { connections, total } = await listConnections(deps.db, { ...filter, ...paging });
  const items = (await toWire(deps, connections)).map((one) => pickFields(one, query));
  return offsetPage(paging, 'connections', items, total);
}

async function toWire(deps: BaseDeps, connections: Connection[]) {
  const clients = await clientIdsOf(
    deps.db,
    connections.map((one) => one.id),
  );
  return connections.map((one) => {
    const options = openSecrets(one.options, deps.keys.encryption);
    return toConnectionWire({ ...one, options }, clients.get(one.id) ?? []);
  });
}
