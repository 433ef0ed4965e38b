import type { Static } from 'typebox';
import { changeApi, createApi, removeApi } from '../../../flows/manage-apis/manage-apis.ts';
import {
  findResourceServer,
  listResourceServers,
  type ResourceServer,
} from '../../../records/resource-servers/resource-servers.ts';
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
  createBody,
  listQuery,
  patchBody,
  serverSchema,
  signingSecretFor,
  toServerWire,
  toSettings,
} from './resource-server-wire.ts';

const tags = ['resource-servers'];
const params = idParams('ID or identifier (URL-encoded) of the API');

const lifetimes = () => badRequest('token_lifetime_for_web cannot be greater than token_lifetime.');
const noPatch = () => badRequest('System resource servers cannot be patched.');
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
      const shown = resourceServers.map((resourceServer) =>
        pickFields(toWire(resourceServer), query),
      );
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
      if (server.isSystem) throw noPatch();
      const outcome = await changeApi(deps, server, {
        ...(body.name !== undefined && { name: body.name }),
        ...(body.scopes !== undefined && { scopes: body.scopes }),
        settings: {
          ...toSettings(body),
          ...signingSecretFor(deps.keys.encryption, server.settings, body),
        },
      });
      if (outcome.kind === 'system') throw noPatch();
      if (outcome.kind === 'lifetimes_do_not_fit') throw lifetimes();
      if (outcome.kind !== 'changed') throw missing();
      return toWire(outcome.api);
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
  const outcome = await createApi(deps, {
    identifier: body.identifier,
    name: body.name ?? null,
    scopes: body.scopes ?? [],
    settings: { ...toSettings(body), ...signingSecretFor(deps.keys.encryption, {}, body) },
  });
  switch (outcome.kind) {
    case 'reserved':
      throw badRequest('The selected identifier is reserved.');
    case 'lifetimes_do_not_fit':
      throw lifetimes();
    case 'duplicate':
      throw conflict('A resource server with the same identifier already exists.');
    case 'created':
      return toServerWire(outcome.api, deps.keys.encryption);
  }
}
