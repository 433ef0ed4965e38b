import type { Json } from '../../outbound/scripts/scripts.ts';
import { currentRequest } from '../../platform/request-context/request-context.ts';
import type { Client } from '../../records/clients/clients.ts';
import type { Connection } from '../../records/connections/connections.ts';
import type { Organization } from '../../records/organizations/organizations.ts';
import type { User } from '../../records/users/users.ts';

export type JsonObject = { [key: string]: Json };

/** Returns a value as JSON has it. Properties without a value are omitted. */
function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value));
}

/** The parts of a user that a sign-up knows already. Absent values are omitted. */
export type Profile = Partial<
  Pick<
    User,
    | 'id'
    | 'email'
    | 'emailVerified'
    | 'username'
    | 'phoneNumber'
    | 'phoneVerified'
    | 'name'
    | 'givenName'
    | 'familyName'
    | 'nickname'
    | 'picture'
    | 'blocked'
    | 'appMetadata'
    | 'userMetadata'
    | 'lastIp'
    | 'lastLogin'
    | 'lastPasswordReset'
    | 'loginsCount'
    | 'createdAt'
    | 'updatedAt'
  >
>;

/** Returns a user as scripts see one: `event.user`, and the argument `user` of a rule. */
export function eventUser(user: Profile): JsonObject {
  const name = user.name ?? user.email ?? user.username ?? user.phoneNumber;
  return withoutNulls({
    app_metadata: user.appMetadata ?? {},
    user_metadata: user.userMetadata ?? {},
    user_id: user.id,
    email: user.email,
    email_verified: user.email ? user.emailVerified : undefined,
    username: user.username,
    phone_number: user.phoneNumber,
    phone_verified: user.phoneVerified,
    name,
    given_name: user.givenName,
    family_name: user.familyName,
    nickname: user.nickname ?? user.email?.split('@')[0],
    picture: user.picture,
    blocked: user.blocked,
    last_ip: user.lastIp,
    last_login: user.lastLogin,
    last_password_reset: user.lastPasswordReset,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  });
}

/** Returns the identities of a user, its own first. @param names of the connections, by their ids */
export function eventIdentities(accounts: User[], names: ReadonlyMap<string, string>): Json {
  return accounts.map((account) => {
    const at = account.id.indexOf('|');
    return withoutNulls({
      connection: names.get(account.connectionId),
      provider: account.id.slice(0, at),
      user_id: account.id.slice(at + 1),
      isSocial: !['auth0', 'email', 'sms'].includes(account.id.slice(0, at)),
    });
  });
}

export function eventClient(client: Client): JsonObject {
  const { clientMetadata: metadata } = client.settings;
  return withoutNulls({ client_id: client.id, name: client.name, metadata: metadata ?? {} });
}

export function eventConnection(connection: Connection): JsonObject {
  const { id, name, strategy, metadata } = connection;
  return withoutNulls({ id, name, strategy, metadata: metadata ?? {} });
}

export function eventOrganization(organization: Organization): JsonObject {
  const { id, name, displayName, metadata } = organization;
  return withoutNulls({ id, name, display_name: displayName, metadata: metadata ?? {} });
}

/** Returns `event.tenant`: the first label of the host is its id. */
export function eventTenant(publicUrl: string): JsonObject {
  return { id: new URL(publicUrl).hostname.split('.')[0] ?? '' };
}

/** What a request has sent. */
export type SentRequest = {
  method?: string;
  query?: Record<string, Json>;
  body?: Record<string, Json>;
  language?: string | null;
};

/** Returns `event.request`. Fields with a secret are left out of its body and query. */
export function eventRequest(sent: SentRequest): JsonObject {
  const request = currentRequest();
  return withoutNulls({
    ip: request?.ip ?? '',
    hostname: request?.hostname,
    user_agent: request?.userAgent,
    language: sent.language,
    method: sent.method,
    query: withoutSecrets(sent.query ?? {}),
    body: withoutSecrets(sent.body ?? {}),
    geoip: request?.country ? { countryCode: request.country } : {},
  });
}

const SECRETS =
  /^(?:password|.*_password|client_secret|client_assertion|code|code_verifier|otp|binding_code|recovery_code|refresh_token|mfa_token|login_ticket|invitation)$/;

function withoutSecrets(fields: Record<string, Json>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !SECRETS.test(name)));
}

export function withoutNulls(object: Record<string, unknown>): JsonObject {
  const known = Object.entries(object).filter(([, value]) => value !== null && value !== undefined);
  return asJson(Object.fromEntries(known));
}
