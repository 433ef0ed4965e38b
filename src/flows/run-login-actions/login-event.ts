import type { Json } from '../../outbound/scripts/scripts.ts';
import type { Db } from '../../platform/db/db.ts';
import { methodsOfUser } from '../../records/authentication-methods/authentication-methods.ts';
import type { Client } from '../../records/clients/clients.ts';
import { type Connection, findConnections } from '../../records/connections/connections.ts';
import { findOrganization, type Organization } from '../../records/organizations/organizations.ts';
import { roleNamesOfUser } from '../../records/roles/roles.ts';
import { linkedIdentities, type User } from '../../records/users/users.ts';
import {
  eventClient,
  eventConnection,
  eventIdentities,
  eventOrganization,
  eventRequest,
  eventTenant,
  eventUser,
  type JsonObject,
  type SentRequest,
  withoutNulls,
} from '../../steps/run-actions/run-actions.ts';

/** How Auth0 names the ways to log in. */
export type Protocol =
  | 'oidc-basic-profile'
  | 'oidc-implicit-profile'
  | 'oauth2-device-code'
  | 'oauth2-password'
  | 'oauth2-refresh-token'
  | 'redirect-callback';

/** What is known of a login before its scripts run. */
export type ScriptedLogin = {
  user: User;
  client: Client;
  organizationId: string | null;
  protocol: Protocol;
  /** Methods that were shown (RFC 8176). Empty if an older session does not tell. */
  amr: string[];
  /** When the user has shown them, in seconds since 1970. */
  authTime: number | null;
  /** The authorization request. */
  params: Record<string, string | undefined>;
  scopes: string[];
  audience: string | null;
  request: SentRequest;
  sessionId: string | null;
  refreshTokenId: string | null;
};

/** What the login refers to. */
export type Surroundings = {
  connection: Connection | null;
  connectionNames: ReadonlyMap<string, string>;
  organization: Organization | null;
  roles: string[];
  accounts: User[];
  factors: string[];
};

export async function surroundingsOf(db: Db, login: ScriptedLogin): Promise<Surroundings> {
  const { user, organizationId } = login;
  const [roles, linked, organization, methods] = await Promise.all([
    roleNamesOfUser(db, { userId: user.id, organizationId }),
    linkedIdentities(db, [user.id]),
    organizationId === null ? null : findOrganization(db, organizationId),
    methodsOfUser(db, user.id),
  ]);
  const accounts = [user, ...(linked.get(user.id) ?? [])];
  const connections = await findConnections(db, [
    ...new Set(accounts.map(({ connectionId }) => connectionId)),
  ]);
  return {
    connection: connections.get(user.connectionId) ?? null,
    connectionNames: new Map([...connections].map(([id, { name }]) => [id, name])),
    organization,
    roles,
    accounts,
    factors: methods.methods.filter(({ confirmed }) => confirmed).map(({ kind }) => kind),
  };
}

const METHOD_NAMES: Record<string, string> = { otp: 'passwordless', pop: 'passkey' };

function methodsShown({ amr, authTime }: ScriptedLogin): JsonObject[] {
  const timestamp = new Date((authTime ?? 0) * 1000).toISOString();
  const names = amr.map((name) => METHOD_NAMES[name] ?? name);
  return names.map((name) => ({ name, timestamp }));
}

/**
 * Returns the argument `event` of the actions of a login.
 * @param reported methods that pages of the operator have reported
 */
export function loginEvent(
  { publicUrl }: { publicUrl: string },
  login: ScriptedLogin,
  around: Surroundings,
  reported: { name: string; timestamp: string }[],
): JsonObject {
  const { user, client, params } = login;
  const { connection, organization, roles } = around;
  return withoutNulls({
    authentication: { methods: [...methodsShown(login), ...reported] },
    authorization: { roles },
    client: eventClient(client),
    connection: connection && eventConnection(connection),
    organization: organization && eventOrganization(organization),
    request: eventRequest(login.request),
    resource_server: login.audience === null ? null : { identifier: login.audience },
    session: login.sessionId === null ? null : { id: login.sessionId },
    refresh_token: login.refreshTokenId === null ? null : { id: login.refreshTokenId },
    stats: { logins_count: user.loginsCount },
    tenant: eventTenant(publicUrl),
    transaction: withoutNulls({
      acr_values: params.acr_values?.split(' ') ?? [],
      locale: params.ui_locales?.split(' ')[0],
      login_hint: params.login_hint,
      prompt: params.prompt?.split(' '),
      protocol: login.protocol,
      redirect_uri: params.redirect_uri,
      requested_scopes: login.scopes,
      response_mode: params.response_mode,
      response_type: params.response_type?.split(' '),
      state: params.state,
      ui_locales: params.ui_locales?.split(' ') ?? [],
    }),
    user: withoutNulls({
      ...eventUser(user),
      identities: eventIdentities(around.accounts, around.connectionNames),
      enrolledFactors: around.factors.map((method) => ({ method })),
      multifactor: around.factors.length > 0 ? ['guardian'] : [],
    }),
  });
}

/** Returns the arguments `user` and `context` of the rules of a login. */
export function ruleArguments(
  { publicUrl }: { publicUrl: string },
  login: ScriptedLogin,
  around: Surroundings,
): { user: JsonObject; context: JsonObject } {
  const { user, client, params } = login;
  const { connection, organization, roles } = around;
  const request = eventRequest(login.request);
  const { hostname } = request;
  const about = eventClient(client);
  const context = withoutNulls({
    tenant: eventTenant(publicUrl).id,
    clientID: client.id,
    clientName: client.name,
    clientMetadata: about.metadata,
    connectionID: connection?.id,
    connection: connection?.name,
    connectionStrategy: connection?.strategy,
    connectionOptions: {},
    connectionMetadata: connection?.metadata ?? {},
    samlConfiguration: {},
    protocol: login.protocol,
    stats: { loginsCount: user.loginsCount },
    sso: {
      with_auth0: false,
      with_dbconn: connection?.strategy === 'auth0',
      current_clients: [client.id],
    },
    accessToken: {},
    idToken: {},
    sessionID: login.sessionId,
    request: {
      userAgent: request.user_agent,
      ip: request.ip,
      hostname,
      query: {
        ...scalars(params),
        ...objectOf(request.query),
        audience: login.audience ?? undefined,
      },
      body: request.body,
      geoip: request.geoip,
    },
    authentication: { methods: methodsShown(login) },
    authorization: { roles },
    organization: organization && eventOrganization(organization),
  });
  const identities = eventIdentities(around.accounts, around.connectionNames);
  return { user: { ...eventUser(user), identities }, context };
}

function scalars(params: Record<string, string | undefined>): Record<string, string> {
  const { login_ticket: _, ...shown } = params;
  return Object.fromEntries(
    Object.entries(shown).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
