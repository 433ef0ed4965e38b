import { Type } from 'typebox';
import {
  addOrganizationGrant,
  removeOrganizationGrant,
} from '../../../flows/manage-organizations/manage-organizations.ts';
import { type ClientGrant, findGrantsById } from '../../../records/client-grants/client-grants.ts';
import { clientGrantIds } from '../../../records/organizations/organizations.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  conflict,
  notFound,
  offsetPage,
  offsetPaging,
  oneOf,
  pageOf,
  pageQuery,
  route,
} from '../route/route.ts';
import { needOrganization, noOrganization, organizationParams } from './organization-wire.ts';

const tags = ['organizations'];
const url = '/organizations/:id/client-grants';
const grantId = Type.String({ minLength: 1, maxLength: 50, description: 'ID of the client grant' });

const grantSchema = Type.Object({
  id: grantId,
  client_id: Type.String({ description: 'ID of the application' }),
  audience: Type.String({ description: 'Identifier of the API' }),
  scope: Type.Array(Type.String(), { description: 'Scopes that the application can request' }),
  organization_usage: Type.Optional(oneOf(['deny', 'allow', 'require'])),
  allow_any_organization: Type.Optional(Type.Boolean()),
});

/** `/organizations/{id}/client-grants`: the applications that can call an API for an organization. */
export function organizationClientGrantRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:organization_client_grants'],
    summary: 'List the client grants of an organization',
    tags,
    params: organizationParams,
    query: closed({
      ...pageQuery,
      audience: Type.Optional(
        Type.String({ maxLength: 600, description: 'Only grants for this API' }),
      ),
      client_id: Type.Optional(Type.String({ description: 'Only grants of this application' })),
      grant_ids: Type.Optional(
        Type.Array(grantId, { maxItems: 10, description: 'Only grants with these IDs' }),
      ),
    }),
    response: { 200: pageOf('client_grants', grantSchema) },
    handler: async ({ params, query }) => {
      await needOrganization(db, params.id);
      const { grant_ids: only, audience, client_id: clientId } = query;
      const ids = (await clientGrantIds(db, params.id)).filter((id) => only?.includes(id) ?? true);
      const found = (await findGrantsById(db, ids)).filter(
        (grant) =>
          (audience ?? grant.audience) === grant.audience &&
          (clientId ?? grant.clientId) === grant.clientId,
      );
      const paging = offsetPaging(query);
      const shown = found.slice(paging.offset, paging.offset + paging.limit);
      return offsetPage(paging, 'client_grants', shown.map(toWire), found.length);
    },
  });
  route(api, {
    method: 'POST',
    url,
    scopes: ['create:organization_client_grants'],
    summary: 'Add a client grant to an organization',
    tags,
    params: organizationParams,
    body: closed({ grant_id: grantId }),
    response: { 201: grantSchema },
    handler: async ({ params, body }) => {
      const input = { organizationId: params.id, grantId: body.grant_id };
      const outcome = await addOrganizationGrant(deps, input);
      if (outcome.kind === 'no_organization') throw noOrganization();
      if (outcome.kind === 'missing') throw noGrant();
      if (outcome.kind === 'duplicate') {
        throw conflict('The client grant has already been added to this organization.');
      }
      if (outcome.kind === 'full') {
        throw conflict(
          'Quota exceeded; cannot add more than 100 client grants to a single organization',
        );
      }
      return toWire(outcome.grant);
    },
  });
  route(api, {
    method: 'DELETE',
    url: `${url}/:grant_id`,
    scopes: ['delete:organization_client_grants'],
    summary: 'Remove a client grant from an organization',
    description: 'Returns 204 even if the organization does not have the grant.',
    tags,
    params: Type.Object({ ...organizationParams.properties, grant_id: grantId }),
    response: { 204: null },
    handler: async ({ params }) => {
      const input = { organizationId: params.id, grantId: params.grant_id };
      const outcome = await removeOrganizationGrant(deps, input);
      if (outcome.kind === 'no_organization') throw noOrganization();
    },
  });
}

const noGrant = () => notFound('The grant does not exist.', 'inexistent_client_grant');

function toWire(grant: ClientGrant) {
  const { organization_usage, allow_any_organization } = grant.settings;
  return {
    id: grant.id,
    client_id: grant.clientId,
    audience: grant.audience,
    scope: grant.scope,
    ...(isUsage(organization_usage) && { organization_usage }),
    ...(typeof allow_any_organization === 'boolean' && { allow_any_organization }),
  };
}

function isUsage(value: unknown): value is 'deny' | 'allow' | 'require' {
  return value === 'deny' || value === 'allow' || value === 'require';
}
