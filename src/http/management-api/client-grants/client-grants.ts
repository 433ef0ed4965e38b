import { type Static, Type } from 'typebox';
import {
  changeClientGrant,
  createClientGrant,
  endClientGrant,
} from '../../../flows/manage-apis/manage-apis.ts';
import {
  type ClientGrant,
  findGrantById,
  type GrantSettings,
  grantsAfter,
  listGrants,
} from '../../../records/client-grants/client-grants.ts';
import {
  type Api,
  type ApiError,
  type BaseDeps,
  badRequest,
  checkpointPage,
  checkpointQuery,
  closed,
  conflict,
  idParams,
  notFound,
  nullable,
  offsetPage,
  oneOf,
  pageOf,
  pageQuery,
  pagingOf,
  route,
} from '../route/route.ts';
import { GRANT_EFFECTS, NEW_GRANT_EFFECTS } from './effects-of-client-grants.ts';

const tags = ['client-grants'];
const params = idParams('ID of the client grant');
const scope = Type.Array(Type.String({ minLength: 1, maxLength: 280 }), {
  maxItems: 1000,
  uniqueItems: true,
  description: 'Scopes that the application can request',
});
const kept = {
  organization_usage: oneOf(['deny', 'allow', 'require'], {
    description: 'Whether client credentials tokens of the application are for an organization',
  }),
  allow_any_organization: Type.Boolean({
    description:
      'Whether tokens can be for any organization, or only for organizations that have this grant',
  }),
  authorization_details_types: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
    description: 'Types of rich authorization requests',
  }),
  allow_all_scopes: Type.Boolean({
    description:
      'Whether the grant includes all scopes of the API, including scopes added later. With `true`, `scope` is ignored.',
  }),
};
const subjectType = oneOf(['client', 'user'], {
  description:
    'Whether the grant applies to tokens for the application itself (`client`) or for a user (`user`)',
});

const defaultFor = oneOf(['third_party_clients']);

const createBody = closed({
  client_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'ID of the application' }),
  ),
  audience: Type.String({ minLength: 1, maxLength: 600, description: 'Identifier of the API' }),
  scope: Type.Optional(scope),
  subject_type: Type.Optional(subjectType),
  default_for: Type.Optional(defaultFor),
  ...Type.Partial(Type.Object(kept)).properties,
});
const patchBody = closed(
  {
    scope: Type.Optional(nullable(scope)),
    organization_usage: Type.Optional(nullable(kept.organization_usage)),
    allow_any_organization: Type.Optional(nullable(kept.allow_any_organization)),
    authorization_details_types: Type.Optional(kept.authorization_details_types),
    allow_all_scopes: Type.Optional(nullable(kept.allow_all_scopes)),
  },
  { minProperties: 1 },
);
const grantSchema = Type.Object({
  id: Type.String({ description: 'ID of the client grant' }),
  client_id: Type.String({ description: 'ID of the application' }),
  audience: Type.String({ description: 'Identifier of the API' }),
  scope,
  subject_type: Type.Optional(subjectType),
  ...Type.Partial(Type.Object(kept)).properties,
});
const listQuery = closed({
  ...pageQuery,
  ...checkpointQuery,
  audience: Type.Optional(Type.String({ maxLength: 600, description: 'Only grants for this API' })),
  client_id: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only grants of this application' }),
  ),
  allow_any_organization: Type.Optional(
    Type.Boolean({
      const: true,
      description: 'Only grants that any organization can use. `false` is not supported.',
    }),
  ),
  subject_type: Type.Optional(subjectType),
  default_for: Type.Optional({ ...defaultFor, description: 'No grants in Usher match' }),
});

const missing = () => notFound('The grant does not exist.', 'inexistent_client_grant');

/** `/client-grants`: the scopes of an API that an application can request. */
export function clientGrantRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/client-grants',
    scopes: ['create:client_grants'],
    summary: 'Allow an application to call an API',
    tags,
    body: createBody,
    effects: NEW_GRANT_EFFECTS,
    response: { 201: grantSchema },
    handler: async ({ body }) => toWire(await create(deps, body)),
  });
  route(api, {
    method: 'GET',
    url: '/client-grants',
    scopes: ['read:client_grants'],
    summary: 'List client grants',
    tags,
    query: listQuery,
    response: { 200: pageOf('client_grants', grantSchema) },
    handler: ({ query }) => list(deps, query),
  });
  route(api, {
    method: 'GET',
    url: '/client-grants/:id',
    scopes: ['read:client_grants'],
    summary: 'Get a client grant',
    tags,
    params,
    response: { 200: grantSchema },
    handler: async ({ params }) => {
      const grant = await findGrantById(db, params.id);
      if (grant === null) throw missing();
      return toWire(grant);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/client-grants/:id',
    scopes: ['update:client_grants'],
    summary: 'Update the scopes of a client grant',
    description: 'Tokens that were issued before keep their scopes until they expire.',
    tags,
    params,
    body: patchBody,
    effects: GRANT_EFFECTS,
    response: { 200: grantSchema },
    handler: async ({ params, body }) => {
      const outcome = await changeClientGrant(deps, params.id, {
        ...(body.scope !== undefined && { scope: body.scope ?? [] }),
        settings: settingsOf(body),
      });
      if (outcome.kind === 'missing') throw missing();
      if (outcome.kind !== 'changed') throw refuseScopes(outcome);
      return toWire(outcome.grant);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/client-grants/:id',
    scopes: ['delete:client_grants'],
    summary: 'Delete a client grant',
    description: 'Returns 204 even if the grant does not exist.',
    tags,
    params,
    response: { 204: null },
    handler: ({ params }) => endClientGrant(deps, params.id),
  });
}

async function create(deps: BaseDeps, body: Static<typeof createBody>): Promise<ClientGrant> {
  const clientId = body.client_id;
  if (clientId === undefined) {
    throw badRequest("Payload validation error: 'Missing required property: client_id'.");
  }
  const outcome = await createClientGrant(deps, {
    clientId,
    audience: body.audience,
    subjectType: body.subject_type ?? 'client',
    scope: body.scope ?? [],
    settings: settingsOf(body),
  });
  switch (outcome.kind) {
    case 'no_client':
      throw notFound('The client does not exist', 'inexistent_client');
    case 'duplicate':
      throw conflict('A resource with this client_id and audience already exists');
    case 'created':
      return outcome.grant;
    default:
      throw refuseScopes(outcome);
  }
}

function refuseScopes(
  outcome: { kind: 'no_api' } | { kind: 'unknown_scopes'; audience: string; scopes: string[] },
): ApiError {
  return outcome.kind === 'no_api'
    ? notFound('The resource server does not exist', 'inexistent_resource_server')
    : badRequest(
        `The API ${outcome.audience} does not have the following scopes: ${outcome.scopes.join(', ')}`,
      );
}

async function list(deps: BaseDeps, query: Static<typeof listQuery>) {
  const paging = pagingOf(query);
  // Usher has no grants for groups of clients.
  const none = query.default_for !== undefined;
  const filter = {
    ...(none && { clientId: '' }),
    ...(query.client_id !== undefined && !none && { clientId: query.client_id }),
    ...(query.audience !== undefined && { audience: query.audience }),
    ...(query.subject_type !== undefined && { subjectType: query.subject_type }),
    ...(query.allow_any_organization === true && { anyOrganization: true }),
  };
  if (paging.kind === 'checkpoint') {
    const { afterId, limit } = paging;
    const found = await grantsAfter(deps.db, { ...filter, afterId, limit: limit + 1 });
    return checkpointPage(paging, 'client_grants', found, (grant) => grant.id, toWire);
  }
  const { grants, total } = await listGrants(deps.db, { ...filter, ...paging });
  return offsetPage(paging, 'client_grants', grants.map(toWire), total);
}

function settingsOf(body: object): GrantSettings {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name in kept));
}

function toWire(grant: ClientGrant) {
  const settings = Object.entries(grant.settings).filter(([, value]) => value !== null);
  return {
    id: grant.id,
    client_id: grant.clientId,
    audience: grant.audience,
    scope: grant.scope,
    ...Object.fromEntries(settings),
    subject_type: grant.subjectType,
  };
}
