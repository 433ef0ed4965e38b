import { type Static, Type } from 'typebox';
import { removeConnection } from '../../flows/remove-in-batches/remove-in-batches.ts';
import { transaction } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import {
  allConnectionsOfClient,
  type Connection,
  clientIdsOf,
  connectionsAfter,
  enableClients,
  findConnection,
  insertConnection,
  listConnections,
  lockConnection,
  openSecrets,
  rivalOf,
  sealSecrets,
  setEnabledClients,
  updateConnection,
} from '../../records/connections/connections.ts';
import { hasUsers } from '../../records/users/users.ts';
import type { BaseDeps } from './base-deps.ts';
import { checkProviderOptions } from './connection-providers.ts';
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
  encodeCursor,
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
      'A connection is a user store: a database of this server (`strategy` `auth0`), or an outside provider. This version keeps the ' +
      'configuration of outside providers, but does not offer to log in with them yet. Nobody can log in with a database until it ' +
      'is enabled for a client.',
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
      ...fieldsQuery,
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
      checkFields(query.fields, CONNECTION_FIELDS);
      const { strategy } = query;
      const found = (await allConnectionsOfClient(deps.db, params.id)).filter(
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

async function create(deps: BaseDeps, body: Static<typeof createBody>) {
  const options = optionsFor(body.strategy, body.options ?? {});
  const now = deps.clock.now();
  const connection: Connection = {
    id: newId('con'),
    name: body.name,
    displayName: body.display_name ?? null,
    strategy: body.strategy,
    options: sealed(deps, options),
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
    await refuseRivals(tx, connection);
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
  const before = await findConnection(deps.db, id);
  if (before === null) throw missing();
  const options = body.options === null ? {} : body.options;
  if (options !== undefined) checkFor(before.strategy, options);
  const changed = await transaction(deps.db, async (tx) => {
    if (options !== undefined) await refuseMove(tx, id, options);
    const connection = await updateConnection(
      tx,
      id,
      {
        ...(body.display_name !== undefined && { displayName: body.display_name }),
        ...(options !== undefined && { options: sealed(deps, options) }),
        ...(body.metadata !== undefined && { metadata: withoutNulls(body.metadata) }),
        ...(body.realms !== undefined && { realms: body.realms }),
        settings: settingsOf(body),
      },
      deps.clock.now(),
    );
    if (connection === null) return null;
    if (body.realms !== undefined || body.is_domain_connection === true) {
      await refuseRivals(tx, connection);
    }
    if (body.enabled_clients !== undefined) {
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
  return connections.map((one) => {
    const options = openSecrets(one.options, deps.keys.encryption);
    return toConnectionWire({ ...one, options }, clients.get(one.id) ?? []);
  });
}

/** A new connection's options, with what a database has without being told. Throws 400. */
function optionsFor(strategy: string, asked: Record<string, unknown>): Record<string, unknown> {
  const options = strategy === 'auth0' ? newOptions(asked) : asked;
  checkFor(strategy, options);
  return options;
}

function checkFor(strategy: string, options: Record<string, unknown>): void {
  if (strategy === 'auth0') checkOptions(options);
  else checkProviderOptions(strategy, options);
}

function sealed(deps: BaseDeps, options: Record<string, unknown>): Record<string, unknown> {
  const key = deps.keys.encryption;
  return sealSecrets(sealConfiguration(options, key), key);
}

/** Throws 409. */
async function refuseRivals(tx: BaseDeps['db'], connection: Connection): Promise<void> {
  const rival = await rivalOf(tx, {
    ...connection,
    isDomain: connection.settings.is_domain_connection === true,
  });
  if (rival === 'realm') {
    throw conflict('There is already another connection with some realms from "realms" parameter');
  }
  if (rival === 'domain') {
    throw conflict('There is already a domain connection enabled for strategy');
  }
}

/** Where the users of a database are can't change once there are any. Throws 400. */
async function refuseMove(
  tx: BaseDeps['db'],
  id: string,
  after: Record<string, unknown>,
): Promise<void> {
  const own = (options: Record<string, unknown>) => options.enabledDatabaseCustomization === true;
  // Held, so that no user is added between the look and the change.
  const before = await lockConnection(tx, id);
  if (before === null || own(before.options) === own(after) || !(await hasUsers(tx, id))) return;
  throw badRequest(
    'This database contains users. You cannot change "options.enabledDatabaseCustomization" setting.',
  );
}

function withoutNulls(metadata: Record<string, string | null>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}
