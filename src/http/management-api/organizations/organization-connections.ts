import { type Static, Type } from 'typebox';
import {
  changeOrganizationConnection,
  disableOrganizationConnection,
  enableOrganizationConnection,
  type NotEnabled,
} from '../../../flows/manage-organizations/manage-organizations.ts';
import type { Db } from '../../../platform/db/db.ts';
import { findConnections } from '../../../records/connections/connections.ts';
import {
  findEnabledConnection,
  listEnabledConnections,
  type OrganizationConnection,
} from '../../../records/organizations/organizations.ts';
import {
  type Api,
  type ApiError,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  notFound,
  nullable,
  offsetPaging,
  oneOf,
  pageOf,
  pageQuery,
  route,
  shownBy,
} from '../route/route.ts';
import { ORGANIZATION_CONNECTION_EFFECTS } from './effects-of-organizations.ts';
import {
  connectionSettings,
  enableBody,
  enabledConnectionSchema,
  needOrganization,
  noOrganization,
  organizationParams,
  toWireEnabled,
} from './organization-wire.ts';

const tags = ['organizations'];
const PATHS = ['enabled_connections', 'connections'] as const;
const oneParams = Type.Object({
  ...organizationParams.properties,
  connectionId: Type.String({ minLength: 1, maxLength: 50, description: 'ID of the connection' }),
});

const noConnection = () => notFound('No connection found by that id');
const signUpRule = () =>
  badRequest(
    'Only database connections with assign_membership_on_login = true support is_signup_enabled = true.',
  );

// Fields that only the newer path has.
const notHere = {
  organization_connection_name: Type.Optional(nullable(Type.String({ maxLength: 50 }))),
  organization_access_level: Type.Optional(
    nullable(oneOf(['none', 'readonly', 'limited', 'full'], { description: 'Access level' })),
  ),
  is_enabled: Type.Optional(nullable(Type.Boolean())),
};

/**
 * `/organizations/{id}/enabled_connections` and its newer name `/organizations/{id}/connections`: the connections with which
 * members of the organization can sign in.
 */
export function organizationConnectionRoutes(api: Api, deps: BaseDeps): void {
  for (const name of PATHS) routesAt(api, deps, name);
}

function routesAt(api: Api, deps: BaseDeps, name: (typeof PATHS)[number]): void {
  const { db } = deps;
  const url = `/organizations/:id/${name}`;
  const each = `${url}/:connectionId`;
  const isNewer = name === 'connections';
  const more = isNewer ? notHere : {};
  const effects = isNewer ? ORGANIZATION_CONNECTION_EFFECTS : {};
  const schema = isNewer
    ? Type.Object({
        ...enabledConnectionSchema.properties,
        is_enabled: Type.Boolean(),
        organization_access_level: Type.Optional(Type.String()),
      })
    : enabledConnectionSchema;
  const shownAs = (enabled: Static<typeof enabledConnectionSchema>) =>
    isNewer ? shownBy(ORGANIZATION_CONNECTION_EFFECTS, enabled) : enabled;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:organization_connections'],
    summary: 'List the connections of an organization',
    tags,
    params: organizationParams,
    query: closed({
      ...pageQuery,
      ...(isNewer && {
        is_enabled: Type.Optional(Type.Boolean({ description: 'Only enabled connections' })),
      }),
    }),
    response: { 200: pageOf(name, schema) },
    handler: async ({ params, query }) => {
      await needOrganization(db, params.id);
      const paging = offsetPaging(query);
      const { offset, limit } = paging;
      const page = { organizationId: params.id, offset, limit };
      // An organization has only enabled connections.
      const isNone = 'is_enabled' in query && query.is_enabled === false;
      const { connections, total } = isNone
        ? { connections: [], total: 0 }
        : await listEnabledConnections(db, page);
      const shown = (await toWire(db, connections)).map(shownAs);
      if (!paging.totals) return shown;
      return { [name]: shown, start: offset, limit: shown.length, total };
    },
  });
  route(api, {
    method: 'POST',
    url,
    scopes: ['create:organization_connections'],
    summary: 'Enable a connection for an organization',
    tags,
    params: organizationParams,
    body: closed({ ...enableBody.properties, ...more }),
    effects,
    response: { 201: schema },
    handler: async ({ params, body }) => {
      const input = { organizationId: params.id, settings: settingsOf(body) };
      const outcome = await enableOrganizationConnection(deps, input);
      if (outcome.kind !== 'enabled') throw refuseConnection(outcome);
      return shownAs(toWireEnabled(outcome.settings, outcome.connection));
    },
  });
  route(api, {
    method: 'GET',
    url: each,
    scopes: ['read:organization_connections'],
    summary: 'Get a connection of an organization',
    tags,
    params: oneParams,
    response: { 200: schema },
    handler: async ({ params }) => {
      await needOrganization(db, params.id);
      const enabled = await findEnabledConnection(db, keyOf(params));
      if (enabled === null) throw noConnection();
      const [shown] = await toWire(db, [enabled]);
      if (!shown) throw noConnection();
      return shownAs(shown);
    },
  });
  route(api, {
    method: 'PATCH',
    url: each,
    scopes: ['update:organization_connections'],
    summary: 'Update a connection of an organization',
    tags,
    params: oneParams,
    body: closed({ ...connectionSettings, ...more }),
    effects,
    response: { 200: schema },
    handler: async ({ params, body }) => {
      const outcome = await changeOrganizationConnection(deps, keyOf(params), changesOf(body));
      if (outcome.kind !== 'enabled') throw refuseConnection(outcome);
      return shownAs(toWireEnabled(outcome.settings, outcome.connection));
    },
  });
  route(api, {
    method: 'DELETE',
    url: each,
    scopes: ['delete:organization_connections'],
    summary: 'Disable a connection for an organization',
    description:
      'Its users stay members, but cannot sign in to the organization with it. Returns 204 even if the connection is not ' +
      'enabled.',
    tags,
    params: oneParams,
    response: { 204: null },
    handler: async ({ params }) => {
      const outcome = await disableOrganizationConnection(deps, keyOf(params));
      if (outcome.kind === 'no_organization') throw noOrganization();
    },
  });
}

/** The settings in a body, with the defaults of the wire. */
export function settingsOf(body: Static<typeof enableBody>): OrganizationConnection {
  return {
    connectionId: body.connection_id,
    assignMembershipOnLogin: body.assign_membership_on_login ?? false,
    isSignupEnabled: body.is_signup_enabled ?? false,
    showAsButton: body.show_as_button ?? true,
  };
}

/** The response if a connection cannot be enabled with the requested settings. */
export function refuseConnection(outcome: NotEnabled | { kind: 'no_organization' }): ApiError {
  switch (outcome.kind) {
    case 'no_organization':
      return noOrganization();
    case 'no_connection':
      return noConnection();
    case 'no_sign_up':
      return signUpRule();
    case 'no_button':
      return badRequest(
        "Payload validation error: 'must be true, because the login page shows the form of this connection' on property show_as_button.",
      );
    case 'duplicate':
      return conflict('The organization connection already exists.');
  }
}

/** Connections in wire format. Connections that are deleted at the same moment are omitted. */
async function toWire(db: Db, enabled: OrganizationConnection[]) {
  const found = await findConnections(
    db,
    enabled.map((organizationConnection) => organizationConnection.connectionId),
  );
  return enabled.flatMap((organizationConnection) => {
    const connection = found.get(organizationConnection.connectionId);
    return connection ? [toWireEnabled(organizationConnection, connection)] : [];
  });
}

function keyOf(params: { id: string; connectionId: string }) {
  return { organizationId: params.id, connectionId: params.connectionId };
}

function changesOf(body: {
  assign_membership_on_login?: boolean;
  is_signup_enabled?: boolean;
  show_as_button?: boolean;
}) {
  const { assign_membership_on_login, is_signup_enabled, show_as_button } = body;
  return {
    ...(assign_membership_on_login !== undefined && {
      assignMembershipOnLogin: assign_membership_on_login,
    }),
    ...(is_signup_enabled !== undefined && { isSignupEnabled: is_signup_enabled }),
    ...(show_as_button !== undefined && { showAsButton: show_as_button }),
  };
}
