import { type Static, Type } from 'typebox';
import {
  changeOrganization,
  createOrganization,
} from '../../../flows/manage-organizations/manage-organizations.ts';
import { removeOrganization } from '../../../flows/remove-in-batches/remove-in-batches.ts';
import {
  findOrganizationByName,
  listOrganizations,
  type OrganizationOrder,
  organizationsAfter,
} from '../../../records/organizations/organizations.ts';
import {
  type Api,
  type BaseDeps,
  type Caller,
  checkpointPage,
  checkpointQuery,
  closed,
  conflict,
  offsetPage,
  pageOf,
  pageQuery,
  pagingOf,
  refuseDeep,
  requireScope,
  route,
  sortOf,
} from '../route/route.ts';
import { ORGANIZATION_EFFECTS } from './effects-of-organizations.ts';
import { refuseConnection, settingsOf } from './organization-connections.ts';
import {
  createOrganizationBody,
  needOrganization,
  noOrganization,
  organizationSchema,
  organizationParams as params,
  toWireEnabled,
  toWireOrganization,
  updateOrganizationBody,
} from './organization-wire.ts';

const tags = ['organizations'];
const SORTABLE = {
  id: 'id',
  name: 'name',
  display_name: 'display_name',
  created_at: 'created_at',
} as const;
const taken = () =>
  conflict('An organization with this name already exists.', 'organization_conflict');

/** `/organizations`: organizations. */
export function organizationRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/organizations',
    scopes: ['read:organizations', 'read:organizations_summary'],
    summary: 'List organizations',
    description:
      'Pages by number reach the first 1000 organizations. Pages by checkpoint (`take`, then `from`) reach all ' +
      'organizations. With only `read:organizations_summary`, the response omits branding and metadata.',
    tags,
    query: closed({
      ...pageQuery,
      ...checkpointQuery,
      sort: Type.Optional(
        Type.String({
          maxLength: 15,
          description: 'Sort order: field and direction, such as `name:1`',
        }),
      ),
    }),
    response: { 200: pageOf('organizations', organizationSchema) },
    handler: async ({ query, caller }) => {
      const paging = pagingOf(query);
      const order: OrganizationOrder = sortOf(query.sort, SORTABLE, paging) ?? {
        by: 'created_at',
        descending: false,
      };
      const toWire = wireFor(caller);
      if (paging.kind === 'checkpoint') {
        const { afterId, limit } = paging;
        const found = await organizationsAfter(db, { afterId, limit: limit + 1 });
        return checkpointPage(
          paging,
          'organizations',
          found,
          (organization) => organization.id,
          toWire,
        );
      }
      refuseDeep(paging);
      const { organizations, total } = await listOrganizations(db, { ...paging, order });
      return offsetPage(paging, 'organizations', organizations.map(toWire), total);
    },
  });
  route(api, {
    method: 'POST',
    url: '/organizations',
    scopes: ['create:organizations'],
    summary: 'Create an organization',
    description: '`enabled_connections` also requires the scope `create:organization_connections`.',
    tags,
    body: createOrganizationBody,
    effects: ORGANIZATION_EFFECTS,
    response: { 201: organizationSchema },
    handler: ({ body, caller }) => create(deps, body, caller),
  });
  route(api, {
    method: 'GET',
    url: '/organizations/name/:name',
    scopes: ['read:organizations'],
    summary: 'Get an organization by name',
    tags,
    params: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 50, description: 'Name of the organization' }),
    }),
    response: { 200: organizationSchema },
    handler: async ({ params }) => {
      const organization = await findOrganizationByName(db, params.name);
      if (organization === null) throw noOrganization();
      return toWireOrganization(organization);
    },
  });
  route(api, {
    method: 'GET',
    url: '/organizations/:id',
    scopes: ['read:organizations', 'read:organizations_summary'],
    summary: 'Get an organization',
    tags,
    params,
    response: { 200: organizationSchema },
    handler: async ({ params, caller }) => wireFor(caller)(await needOrganization(db, params.id)),
  });
  route(api, {
    method: 'PATCH',
    url: '/organizations/:id',
    scopes: ['update:organizations'],
    summary: 'Update an organization',
    description: 'Replaces `metadata` as a whole.',
    tags,
    params,
    body: updateOrganizationBody,
    effects: ORGANIZATION_EFFECTS,
    response: { 200: organizationSchema },
    handler: async ({ params, body }) => {
      const { name, display_name, branding, metadata } = body;
      const changes = {
        ...(name !== undefined && { name }),
        ...(display_name !== undefined && { displayName: display_name }),
        ...(branding !== undefined && { branding }),
        ...(metadata !== undefined && { metadata: withoutNulls(metadata) }),
      };
      const outcome = await changeOrganization(deps, params.id, changes);
      if (outcome.kind === 'missing') throw noOrganization();
      if (outcome.kind === 'duplicate') throw taken();
      return toWireOrganization(outcome.organization);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/organizations/:id',
    scopes: ['delete:organizations'],
    summary: 'Delete an organization',
    description:
      'The organization stops working at once. Usher deletes what belongs to it in the background. Returns 204 even if the ' +
      'organization does not exist.',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params }) => {
      await removeOrganization(deps, params.id);
    },
  });
}

async function create(deps: BaseDeps, body: Static<typeof createOrganizationBody>, caller: Caller) {
  const wanted = body.enabled_connections ?? [];
  if (wanted.length > 0) requireScope(caller, ['create:organization_connections']);
  const outcome = await createOrganization(deps, {
    name: body.name,
    displayName: body.display_name ?? null,
    branding: body.branding ?? null,
    metadata: withoutNulls(body.metadata),
    connections: wanted.map(settingsOf),
  });
  if (outcome.kind === 'duplicate') throw taken();
  if (outcome.kind === 'not_enabled') throw refuseConnection(outcome.because);
  const enabled = outcome.enabled.map((each) => toWireEnabled(each.settings, each.connection));
  return {
    ...toWireOrganization(outcome.organization),
    ...(body.enabled_connections && { enabled_connections: enabled }),
  };
}

function withoutNulls(
  metadata: Record<string, string | null> | undefined,
): Record<string, string> | null {
  if (metadata === undefined) return null;
  const kept = Object.entries(metadata).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return Object.fromEntries(kept);
}

function wireFor(caller: Caller) {
  const isSummary = !caller.scopes.has('read:organizations');
  return (organization: Parameters<typeof toWireOrganization>[0]) =>
    toWireOrganization(organization, isSummary);
}
