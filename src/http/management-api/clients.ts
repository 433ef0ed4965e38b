import { type Static, Type } from 'typebox';
import { removeClient } from '../../flows/remove-in-batches/remove-in-batches.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import {
  type Client,
  clientsAfter,
  defaultSettings,
  findClient,
  insertClient,
  listClients,
  newClientId,
  newClientSecret,
  updateClient,
} from '../../records/clients/clients.ts';
import { requireScope } from './authenticate.ts';
import type { BaseDeps } from './base-deps.ts';
import {
  type ClientBody,
  clientSchema,
  createBody,
  mergeSettings,
  patchBody,
  toClientWire,
} from './client-wire.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import { GLOBAL_CLIENT } from './global-client.ts';
import {
  checkpointPage,
  checkpointQuery,
  offsetPage,
  pageOf,
  pageQuery,
  pagingOf,
} from './paging.ts';
import { type Api, route } from './route.ts';
import { closed, fieldsQuery, idParams, pickFields } from './wire.ts';

const tags = ['clients'];
const params = idParams('ID of the client');
const listQuery = closed({
  ...fieldsQuery,
  ...pageQuery,
  ...checkpointQuery,
  is_global: Type.Optional(
    Type.Boolean({ description: 'true: only the client that stands for all applications' }),
  ),
  is_first_party: Type.Optional(Type.Boolean({ description: 'Only first-party clients, or none' })),
  app_type: Type.Optional(
    Type.String({ maxLength: 500, description: 'Comma-separated application types' }),
  ),
});

const missing = () => notFound('The client does not exist', 'inexistent_client');

/** `/clients`: applications that send people here or call this API. */
export function clientRoutes(api: Api, deps: BaseDeps): void {
  route(api, {
    method: 'POST',
    url: '/clients',
    scopes: ['create:clients'],
    summary: 'Create a client',
    description:
      'The answer holds the `client_secret`, for the only time: it is kept as a hash. `initiate_login_uri` is where ' +
      'somebody goes who has just accepted an invitation; it must be https, except on localhost and 127.0.0.1 ' +
      '(Auth0 refuses these), so that an application under development can be tried.',
    tags,
    body: createBody,
    response: { 201: clientSchema },
    handler: ({ body }) => create(deps, body),
  });
  route(api, {
    method: 'GET',
    url: '/clients',
    scopes: ['read:clients', 'read:client_keys'],
    summary: 'List clients',
    tags,
    query: listQuery,
    response: { 200: pageOf('clients', clientSchema) },
    handler: ({ query }) => list(deps, query),
  });
  route(api, {
    method: 'GET',
    url: '/clients/:id',
    scopes: ['read:clients', 'read:client_keys'],
    summary: 'Get a client',
    tags,
    params,
    query: closed(fieldsQuery),
    response: { 200: clientSchema },
    handler: async ({ params, query }) => {
      const client = await findClient(deps.db, params.id);
      if (client === null) throw missing();
      return pickFields(toClientWire(client), query);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/clients/:id',
    scopes: ['update:clients', 'update:client_keys'],
    summary: 'Change a client',
    description:
      '`client_metadata` is merged, null removes a key; other fields are replaced. `client_secret` needs `update:client_keys`.',
    tags,
    params,
    body: patchBody,
    response: { 200: clientSchema },
    handler: async ({ params, body, caller }) => {
      // Who may set a secret may act as that client, with all its rights.
      if (body.client_secret !== undefined) requireScope(caller, ['update:client_keys']);
      return toClientWire(await change(deps, params.id, body));
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/clients/:id',
    scopes: ['delete:clients'],
    summary: 'Delete a client',
    description: 'Its tokens for this API stop working within a second. 204 also when it was gone.',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params }) => {
      await removeClient(deps, params.id);
    },
  });
  route(api, {
    method: 'POST',
    url: '/clients/:id/rotate-secret',
    scopes: ['update:client_keys'],
    summary: 'Give a client a new secret',
    description:
      'The former secret stops working at once. The answer holds the new one, for the only time.',
    tags,
    params,
    response: { 200: clientSchema },
    handler: async ({ params }) => {
      const { secret, hash } = newClientSecret();
      const now = deps.clock.now();
      const client = await updateClient(deps.db, params.id, { secretHash: hash }, { now });
      if (client === null) throw missing();
      return toClientWire(client, secret);
    },
  });
}

async function create(deps: BaseDeps, body: Static<typeof createBody>) {
  refuseUnsupported(body);
  const { name, ...rest } = body;
  const now = deps.clock.now();
  const { secret, hash } = newClientSecret();
  const settings = mergeSettings(defaultSettings(body.app_type), rest);
  const client: Client = {
    id: newClientId(),
    name,
    secretHash: hash,
    settings,
    createdAt: now,
    updatedAt: now,
  };
  const outcome = await insertClient(deps.db, client);
  if (outcome.kind === 'duplicate') throw new Error('A random client id was taken.');
  return toClientWire(client, secret);
}

async function list(deps: BaseDeps, query: Static<typeof listQuery>) {
  const paging = pagingOf(query);
  const filter = {
    ...(query.app_type !== undefined && { appTypes: query.app_type.split(',') }),
    ...(query.is_first_party !== undefined && { isFirstParty: query.is_first_party }),
  };
  const toWire = (client: Client) => pickFields(toClientWire(client), query);
  if (query.is_global === true) {
    const only = pickFields(GLOBAL_CLIENT, query);
    if (paging.kind === 'checkpoint') return { clients: [only] };
    return offsetPage(paging, 'clients', paging.offset === 0 ? [only] : [], 1);
  }
  if (paging.kind === 'checkpoint') {
    const { afterId, limit } = paging;
    const found = await clientsAfter(deps.db, { ...filter, afterId, limit: limit + 1 });
    return checkpointPage(paging, 'clients', found, (client) => client.id, toWire);
  }
  const { clients, total } = await listClients(deps.db, { ...filter, ...paging });
  return offsetPage(paging, 'clients', clients.map(toWire), total);
}

async function change(
  deps: BaseDeps,
  id: string,
  { client_secret, ...body }: Static<typeof patchBody>,
): Promise<Client> {
  refuseUnsupported(body);
  // Merging needs what is there; when somebody else writes in between the merge is made anew.
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = await findClient(deps.db, id);
    if (before === null) throw missing();
    const settings = mergeSettings(before.settings, body);
    if (Object.keys(settings.clientMetadata ?? {}).length > 10) {
      throw badRequest('client_metadata can not have more than 10 properties.');
    }
    const changed = await updateClient(
      deps.db,
      id,
      {
        settings,
        ...(body.name !== undefined && { name: body.name }),
        ...(client_secret !== undefined && { secretHash: sha256(client_secret) }),
      },
      { now: deps.clock.now(), unchangedSince: before.updatedAt },
    );
    if (changed !== null) return changed;
  }
  throw conflict('The client is being changed by somebody else. Try again.');
}

/** A protection that isn't there must not look as if it were. */
function refuseUnsupported(body: ClientBody): void {
  for (const name of ['require_pushed_authorization_requests', 'require_proof_of_possession']) {
    if (name in body && body[name as keyof ClientBody] === true) {
      throw badRequest(`This version does not support ${name}.`, 'operation_not_supported');
    }
  }
  if (body.jwt_configuration?.alg !== undefined && body.jwt_configuration.alg !== 'RS256') {
    throw badRequest('This version signs ID tokens with RS256 only.', 'operation_not_supported');
  }
}
