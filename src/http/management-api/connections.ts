import { type Static, Type } from 'typebox';
import { removeConnection } from '../../flows/remove-in-batches/remove-in-batches.ts';
import { transaction } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import {
  type Connection,
  clientIdsOf,
  connectionsAfter,
  connectionsOfClient,
  enableClients,
  findConnection,
  insertConnection,
  listConnections,
  setEnabledClients,
  updateConnection,
} from '../../records/connections/connections.ts';
import type { BaseDeps } from './base-deps.ts';
import { checkOptions, sealConfiguration } from './connection-rules.ts';
import {
  CONNECTION_FIELDS,
  connectionSchema,
  createBody,
  newOptions,
  patchBody,
  settingsOf,
  toConnectionWire,
} from './connection-wire.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import {
  checkpointPage,
  checkpointQuery,
  offsetPage,
  pageOf,
  pageQuery,
  pagingOf,
} from './paging.ts';
import { type Api, route } from './route.ts';
import { checkFields, closed, fieldsQuery, idParams, pickFields, timestamp } from './wire.ts';

const tags = ['connections'];
const params = idParams('The id of the connection');
const listQuery = closed({
  ...pageQuery,
  ...checkpointQuery,
  strategy: Type.Optional(
    Type.Array(Type.String(), { maxItems: 100, description: 'Only these strategies' }),
  ),
  name: Type.Optional(Type.String({ maxLength: 128, description: 'Only the one of this name' })),
  ...fieldsQuery,
});

const missing = () => notFound('The connection does not exist', 'inexistent_connection');

/** `/connections`: user stores. */
export function connectionRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    method: 'POST',
    url: '/connections',
    scopes: ['create:connections'],
    summary: 'Create a connection',
    description:
      'A connection is a user store. This version has databases only: `strategy` is `auth0`. Nobody can log in with it ' +
      'until it is enabled for a client.',
    tags,
    body: createBody,
    response: { 201: connectionSchema },
    handler: ({ body }) => create(deps, body),
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
    query: closed(fieldsQuery),
    response: { 200: connectionSchema },
    handler: async ({ params, query }) => {
      checkFields(query.fields, CONNECTION_FIELDS);
      const connection = await findConnection(deps.db, params.id);
      if (connection === null) throw missing();
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
    response: { 200: connectionSchema },
    handler: ({ params, body }) => change(deps, params.id, body),
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
    url: '/clients/:id/connections',
    scopes: ['read:connections'],
    summary: 'List the connections a client may use',
    tags: ['clients'],
    params: idParams('ID of the client'),
    query: closed(fieldsQuery),
    response: { 200: Type.Object({ connections: Type.Array(connectionSchema) }) },
    handler: async ({ params, query }) => {
      checkFields(query.fields, CONNECTION_FIELDS);
      const found = await connectionsOfClient(deps.db, params.id);
      return { connections: (await toWire(deps, found)).map((one) => pickFields(one, query)) };
    },
  });
}

async function create(deps: BaseDeps, body: Static<typeof createBody>) {
  if (body.strategy !== 'auth0') {
    throw badRequest(
      `This version has database connections only (strategy auth0), not ${body.strategy}.`,
      'operation_not_supported',
    );
  }
  const options = newOptions(body.options ?? {});
  checkOptions(options);
  const now = deps.clock.now();
  const connection: Connection = {
    id: newId('con'),
    name: body.name,
    displayName: body.display_name ?? null,
    strategy: body.strategy,
    options: sealConfiguration(options, deps.keys.encryption),
    metadata: body.metadata === undefined ? null : withoutNulls(body.metadata),
    realms: body.realms?.length ? body.realms : [body.name],
    settings: settingsOf(body),
    createdAt: now,
    updatedAt: now,
  };
  await transaction(deps.db, async (tx) => {
    const outcome = await insertConnection(tx, connection);
    if (outcome.kind === 'duplicate')
      throw conflict('A connection with the same name already exists');
    await enableClients(tx, connection.id, body.enabled_clients ?? []);
  });
  return (await toWire(deps, [connection]))[0];
}

async function list(deps: BaseDeps, query: Static<typeof listQuery>) {
  checkFields(query.fields, CONNECTION_FIELDS);
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

async function change(deps: BaseDeps, id: string, body: Static<typeof patchBody>) {
  const options = body.options === null ? {} : body.options;
  if (options !== undefined) checkOptions(options);
  const changed = await transaction(deps.db, async (tx) => {
    const connection = await updateConnection(
      tx,
      id,
      {
        ...(body.display_name !== undefined && { displayName: body.display_name }),
        ...(options !== undefined && {
          options: sealConfiguration(options, deps.keys.encryption),
        }),
        ...(body.metadata !== undefined && { metadata: withoutNulls(body.metadata) }),
        ...(body.realms !== undefined && { realms: body.realms }),
        settings: settingsOf(body),
      },
      deps.clock.now(),
    );
    if (connection !== null && body.enabled_clients !== undefined) {
      await setEnabledClients(tx, id, body.enabled_clients ?? []);
    }
    return connection;
  });
  if (changed === null) throw missing();
  return (await toWire(deps, [changed]))[0];
}

async function toWire(deps: BaseDeps, connections: Connection[]) {
  const clients = await clientIdsOf(
    deps.db,
    connections.map((one) => one.id),
  );
  return connections.map((one) => toConnectionWire(one, clients.get(one.id) ?? []));
}

function withoutNulls(metadata: Record<string, string | null>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}
