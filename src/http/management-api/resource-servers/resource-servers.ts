import type { Static } from 'typebox';
import { removeApi } from '../../../flows/remove-api/remove-api.ts';
import { transaction } from '../../../platform/db/db.ts';
import { newObjectId } from '../../../platform/ids/ids.ts';
import {
  findResourceServer,
  insertResourceServer,
  listResourceServers,
  type ResourceServer,
  updateResourceServer,
} from '../../../records/resource-servers/resource-servers.ts';
import { forgetPermissions } from '../../../records/roles/roles.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  fieldsQuery,
  idParams,
  notFound,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  pickFields,
  route,
} from '../route/route.ts';
import { API_EFFECTS } from './effects-of-resource-servers.ts';
import {
  API_FIELDS,
  checkLifetimes,
  createBody,
  listQuery,
  patchBody,
  serverSchema,
  shortenedForWeb,
  signingSecretFor,
  toServerWire,
  toSettings,
  uniqueScopes,
} from './resource-server-wire.ts';

const tags = ['resource-servers'];
const params = idParams('ID or identifier (URL-encoded) of the API');
const DEFAULT_LIFETIME = 86_400;
const DEFAULT_LIFETIME_FOR_WEB = 7200;

const missing = () => notFound('The resource server does not exist', 'inexistent_resource_server');

/** `/resource-servers`: APIs that access tokens are issued for. */
export function resourceServerRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  const toWire = (server: ResourceServer) => toServerWire(server, deps.keys.encryption);
  route(api, {
    method: 'POST',
    url: '/resource-servers',
    scopes: ['create:resource_servers'],
    summary: 'Register an API',
    tags,
    body: createBody,
    effects: API_EFFECTS,
    response: { 201: serverSchema },
    handler: ({ body }) => create(deps, body),
  });
  route(api, {
    method: 'GET',
    url: '/resource-servers',
    scopes: ['read:resource_servers'],
    summary: 'List APIs',
    tags,
    query: closed({ ...pageQuery, ...listQuery }),
    response: { 200: pageOf('resource_servers', serverSchema) },
    handler: async ({ query }) => {
      const paging = offsetPaging(query);
      const filter = query.identifiers === undefined ? {} : { identifiers: query.identifiers };
      const { resourceServers, total } = await listResourceServers(db, { ...filter, ...paging });
      const shown = resourceServers.map((one) => pickFields(toWire(one), query));
      return offsetPage(paging, 'resource_servers', shown, total);
    },
  });
  route(api, {
    method: 'GET',
    url: '/resource-servers/:id',
    scopes: ['read:resource_servers'],
    summary: 'Get an API',
    tags,
    params,
    query: closed(fieldsQuery(API_FIELDS)),
    response: { 200: serverSchema },
    handler: async ({ params, query }) => pickFields(toWire(await find(deps, params.id)), query),
  });
  route(api, {
    method: 'PATCH',
    url: '/resource-servers/:id',
    scopes: ['update:resource_servers'],
    summary: 'Update an API',
    description:
      'Replaces `scopes` as a whole. A scope that is removed is also removed from roles and users.',
    tags,
    params,
    body: patchBody,
    effects: API_EFFECTS,
    response: { 201: serverSchema },
    handler: async ({ params, body }) => {
      const server = await find(deps, params.id);
      if (server.isSystem) throw badRequest('System resource servers cannot be patched.');
      const settings = {
        ...shortenedForWeb(server.settings, toSettings(body)),
        ...signingSecretFor(deps.keys.encryption, server.settings, body),
      };
      checkLifetimes({ ...server.settings, ...settings });
      const scopes = body.scopes && uniqueScopes(body.scopes);
      const changes = {
        ...(body.name !== undefined && { name: body.name }),
        ...(scopes !== undefined && { scopes }),
        settings,
      };
      const changed = await transaction(db, async (tx) => {
        const after = await updateResourceServer(tx, server.id, changes, deps.clock.now());
        if (after !== null && scopes !== undefined) {
          const kept = scopes.map((scope) => scope.value);
          await forgetPermissions(tx, { resourceServerId: server.id, kept });
        }
        return after;
      });
      if (changed === null) throw missing();
      return toWire(changed);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/resource-servers/:id',
    scopes: ['delete:resource_servers'],
    summary: 'Delete an API',
    description:
      'Usher issues no more tokens for the API. Its client grants and permissions are deleted too. `default_audience` is removed if it names the API. Returns 204 even if the ' +
      'API does not exist.',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params }) => {
      const { kind } = await removeApi(deps, params.id);
      if (kind === 'system') throw badRequest('System resource servers cannot be deleted.');
    },
  });
}

async function find(deps: BaseDeps, key: string): Promise<ResourceServer> {
  const server = await findResourceServer(deps.db, key);
  if (server === null) throw missing();
  return server;
}

async function create(deps: BaseDeps, body: Static<typeof createBody>) {
  const reserved = [`${deps.publicUrl}/userinfo`, `${deps.publicUrl}/api/v2`];
  if (reserved.includes(body.identifier)) throw badRequest('The selected identifier is reserved.');
  const now = deps.clock.now();
  const lifetime = body.token_lifetime ?? DEFAULT_LIFETIME;
  const settings = {
    signingAlg: 'RS256',
    tokenLifetime: lifetime,
    tokenLifetimeForWeb: Math.min(lifetime, DEFAULT_LIFETIME_FOR_WEB),
    allowOfflineAccess: false,
    ...toSettings(body),
    ...signingSecretFor(deps.keys.encryption, {}, body),
  };
  checkLifetimes(settings);
  const server: ResourceServer = {
    id: newObjectId(now),
    identifier: body.identifier,
    name: body.name ?? null,
    scopes: uniqueScopes(body.scopes ?? []),
    settings,
    isSystem: false,
    createdAt: now,
    updatedAt: now,
  };
  const outcome = await insertResourceServer(deps.db, server);
  if (outcome.kind === 'duplicate') {
    throw conflict('A resource server with the same identifier already exists.');
  }
  return toServerWire(server, deps.keys.encryption);
}
