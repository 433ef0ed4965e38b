import { type Static, Type } from 'typebox';
import { newObjectId } from '../../platform/ids/ids.ts';
import {
  deleteResourceServer,
  findResourceServer,
  insertResourceServer,
  listResourceServers,
  type ResourceServer,
  type ResourceServerSettings,
  updateResourceServer,
} from '../../records/resource-servers/resource-servers.ts';
import type { BaseDeps } from './base-deps.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import { offsetPage, pageOf, pageQuery } from './paging.ts';
import { type Api, route } from './route.ts';
import { closed, freeObject, idParams, nullable, oneOf } from './wire.ts';

const tags = ['resource-servers'];
const params = idParams('ID or identifier (URL-encoded) of the API');
const seconds = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 2_592_000, description });
const fields = {
  name: Type.String({
    maxLength: 200,
    pattern: '^[^<>]+$',
    description: 'Friendly name, without `<` and `>`',
  }),
  scopes: Type.Array(
    closed({
      value: Type.String({
        minLength: 1,
        maxLength: 280,
        pattern: '^\\S+$',
        description: 'The scope',
      }),
      description: Type.Optional(Type.String({ maxLength: 500, description: 'What it allows' })),
    }),
    { maxItems: 1000, description: 'Scopes of this API' },
  ),
  signing_alg: oneOf(['HS256', 'RS256', 'RS512', 'PS256'], {
    description: '`RS256`; others are refused in this version',
  }),
  allow_offline_access: Type.Boolean({ description: 'Whether refresh tokens may be issued' }),
  token_lifetime: seconds('Seconds an access token is valid'),
  token_lifetime_for_web: seconds('Seconds a token from the implicit flow is valid'),
  token_dialect: oneOf(
    ['access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'],
    { description: 'Form of the access token' },
  ),
  skip_consent_for_verifiable_first_party_clients: Type.Boolean({
    description: 'Whether first-party clients need no consent',
  }),
  enforce_policies: Type.Boolean({ description: 'Whether permissions of people limit scopes' }),
};
const extras = {
  allow_online_access: Type.Boolean({ description: 'Kept without effect' }),
  consent_policy: nullable(
    oneOf(['transactional-authorization-with-mfa'], { description: 'Kept without effect' }),
  ),
  subject_type_authorization: freeObject('Kept without effect'),
};
const optional = Type.Partial(Type.Object({ ...fields, ...extras })).properties;

const createBody = closed({
  identifier: Type.String({
    minLength: 1,
    maxLength: 600,
    description: 'The audience tokens are made out to. It never changes',
  }),
  ...optional,
});
const patchBody = closed(optional, { minProperties: 1 });
const serverSchema = Type.Partial(
  Type.Object({
    id: Type.String({ description: 'ID of the API' }),
    identifier: Type.String({ description: 'The audience tokens are made out to' }),
    is_system: Type.Boolean({ description: 'Whether this is the API of this server itself' }),
    ...fields,
    ...extras,
  }),
);
const listQuery = closed({
  identifiers: Type.Optional(
    Type.Array(Type.String(), { maxItems: 100, description: 'Only these identifiers' }),
  ),
  ...pageQuery,
  include_fields: Type.Optional(Type.Boolean({ description: 'Has no effect without `fields`' })),
});

const missing = () => notFound('The resource server does not exist', 'inexistent_resource_server');

/** `/resource-servers`: APIs that access tokens are made out to. */
export function resourceServerRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/resource-servers',
    scopes: ['create:resource_servers'],
    summary: 'Register an API',
    tags,
    body: createBody,
    response: { 201: serverSchema },
    handler: ({ body }) => create(deps, body),
  });
  route(api, {
    method: 'GET',
    url: '/resource-servers',
    scopes: ['read:resource_servers'],
    summary: 'List APIs',
    tags,
    query: listQuery,
    response: { 200: pageOf('resource_servers', serverSchema) },
    handler: async ({ query }) => {
      const limit = query.per_page ?? 50;
      const offset = (query.page ?? 0) * limit;
      const { resourceServers, total } = await listResourceServers(db, {
        ...(query.identifiers !== undefined && { identifiers: query.identifiers }),
        offset,
        limit,
      });
      const paging = {
        kind: 'offset' as const,
        offset,
        limit,
        totals: query.include_totals ?? false,
      };
      return offsetPage(paging, 'resource_servers', resourceServers.map(toWire), total);
    },
  });
  route(api, {
    method: 'GET',
    url: '/resource-servers/:id',
    scopes: ['read:resource_servers'],
    summary: 'Get an API',
    tags,
    params,
    query: closed({
      include_fields: Type.Optional(
        Type.Boolean({ description: 'Has no effect without `fields`' }),
      ),
    }),
    response: { 200: serverSchema },
    handler: async ({ params }) => toWire(await find(deps, params.id)),
  });
  route(api, {
    method: 'PATCH',
    url: '/resource-servers/:id',
    scopes: ['update:resource_servers'],
    summary: 'Change an API',
    description: '`scopes` are replaced as a whole.',
    tags,
    params,
    body: patchBody,
    response: { 201: serverSchema },
    handler: async ({ params, body }) => {
      const server = await find(deps, params.id);
      if (server.isSystem) throw badRequest('System resource servers cannot be patched.');
      const changed = await updateResourceServer(
        db,
        server.id,
        {
          ...(body.name !== undefined && { name: body.name }),
          ...(body.scopes !== undefined && { scopes: unique(body.scopes) }),
          settings: settingsOf(body),
        },
        deps.clock.now(),
      );
      if (changed === null) throw missing();
      return toWire(changed);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/resource-servers/:id',
    scopes: ['delete:resource_servers'],
    summary: 'Remove an API',
    description: 'No more tokens are made out to it. 204 also when it was gone.',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params }) => {
      const server = await findResourceServer(db, params.id);
      if (server === null) return;
      if (server.isSystem) throw badRequest('System resource servers cannot be deleted.');
      await deleteResourceServer(db, server.id);
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
  const server: ResourceServer = {
    id: newObjectId(now),
    identifier: body.identifier,
    name: body.name ?? null,
    scopes: unique(body.scopes ?? []),
    settings: {
      signingAlg: 'RS256',
      tokenLifetime: 86_400,
      tokenLifetimeForWeb: 7200,
      allowOfflineAccess: false,
      skipConsentForVerifiableFirstPartyClients: false,
      ...settingsOf(body),
    },
    isSystem: false,
    createdAt: now,
    updatedAt: now,
  };
  const outcome = await insertResourceServer(deps.db, server);
  if (outcome.kind === 'duplicate') {
    throw conflict('A resource server with the same identifier already exists.');
  }
  return toWire(server);
}

/** A scope named twice is one scope; the last description counts. */
function unique<T extends { value: string }>(scopes: T[]): T[] {
  return [...new Map(scopes.map((scope) => [scope.value, scope])).values()];
}

function settingsOf(body: Static<typeof patchBody>): ResourceServerSettings {
  if (body.signing_alg !== undefined && body.signing_alg !== 'RS256') {
    throw badRequest(
      'This version signs access tokens with RS256 only.',
      'operation_not_supported',
    );
  }
  const settings: ResourceServerSettings = {
    signingAlg: body.signing_alg,
    tokenLifetime: body.token_lifetime,
    tokenLifetimeForWeb: body.token_lifetime_for_web,
    allowOfflineAccess: body.allow_offline_access,
    skipConsentForVerifiableFirstPartyClients: body.skip_consent_for_verifiable_first_party_clients,
    enforcePolicies: body.enforce_policies,
    tokenDialect: body.token_dialect,
    extra: Object.fromEntries(Object.entries(body).filter(([name]) => name in extras)),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function toWire({ id, identifier, name, scopes, settings, isSystem }: ResourceServer) {
  return {
    id,
    name: name ?? undefined,
    is_system: isSystem,
    identifier,
    scopes,
    signing_alg: settings.signingAlg,
    allow_offline_access: settings.allowOfflineAccess,
    token_lifetime: settings.tokenLifetime,
    token_lifetime_for_web: settings.tokenLifetimeForWeb,
    token_dialect: settings.tokenDialect,
    skip_consent_for_verifiable_first_party_clients:
      settings.skipConsentForVerifiableFirstPartyClients,
    enforce_policies: settings.enforcePolicies,
    subject_type_authorization: {
      user: { policy: 'allow_all' },
      client: { policy: 'require_client_grant' },
    },
    ...settings.extra,
  };
}
