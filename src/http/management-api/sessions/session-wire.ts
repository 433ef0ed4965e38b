import { Type } from 'typebox';
import type { Db } from '../../../platform/db/db.ts';
import { findClients } from '../../../records/clients/clients.ts';
import type { UserAccess } from '../../../records/oidc-payloads/oidc-payloads.ts';
import type { TenantSettings } from '../../../records/settings/settings.ts';
import { badRequest, freeObject, nullable, timestamp } from '../route/route.ts';

const deviceSchema = Type.Object({
  initial_ip: Type.Optional(nullable(Type.String())),
  initial_user_agent: Type.Optional(nullable(Type.String())),
  last_ip: Type.Optional(nullable(Type.String())),
  last_user_agent: Type.Optional(nullable(Type.String())),
});

/** A session: a browser in which a user is signed in. */
export const sessionSchema = Type.Object({
  id: Type.String({ description: 'ID of the session. Nobody can sign in with it.' }),
  user_id: Type.String(),
  created_at: timestamp('When the session started'),
  updated_at: timestamp('When the session was last written'),
  authenticated_at: timestamp('When the user signed in'),
  idle_expires_at: timestamp('When the session ends if it is not used'),
  expires_at: timestamp('When the session ends at the latest'),
  last_interacted_at: timestamp('When the session was last used'),
  device: deviceSchema,
  clients: Type.Array(Type.Object({ client_id: Type.String() })),
  authentication: Type.Object({
    methods: Type.Array(Type.Object({ name: Type.String(), timestamp: timestamp('When') })),
  }),
  cookie: Type.Object({ mode: Type.String() }),
  session_metadata: Type.Optional(nullable(freeObject('Metadata of the session'))),
});

/** A refresh token through all its rotations. */
export const refreshTokenSchema = Type.Object({
  id: Type.String({ description: 'ID of the refresh token. It cannot be used as the token.' }),
  user_id: Type.String(),
  created_at: timestamp('When the first refresh token of the rotation was issued'),
  idle_expires_at: nullable(timestamp('When the refresh token expires if it is not used')),
  expires_at: nullable(timestamp('When the refresh token expires at the latest')),
  last_exchanged_at: nullable(timestamp('When the refresh token was last used')),
  device: deviceSchema,
  client_id: Type.String(),
  session_id: nullable(
    Type.String({ description: 'ID of the session in which the refresh token was issued' }),
  ),
  rotating: Type.Boolean(),
  resource_servers: Type.Array(Type.Object({ audience: Type.String(), scopes: Type.String() })),
  refresh_token_metadata: Type.Optional(nullable(freeObject('Metadata of the refresh token'))),
});

export function toWireSession(access: UserAccess, settings: TenantSettings) {
  const { payload } = access;
  const loggedIn = momentOf(payload.loginTs) ?? access.createdAt;
  const end = new Date(loggedIn.getTime() + settings.sessionLifetimeMinutes * 60_000);
  const methods = Array.isArray(payload.amr) ? payload.amr : ['pwd'];
  return {
    id: access.id,
    user_id: access.userId,
    created_at: access.createdAt.toISOString(),
    updated_at: access.seenAt.toISOString(),
    authenticated_at: loggedIn.toISOString(),
    idle_expires_at: access.expiresAt.toISOString(),
    expires_at: end.toISOString(),
    last_interacted_at: access.seenAt.toISOString(),
    device: access.device,
    clients: Object.keys(objectOf(payload.authorizations)).map((id) => ({ client_id: id })),
    authentication: {
      methods: methods.map((name) => ({ name: String(name), timestamp: loggedIn.toISOString() })),
    },
    cookie: { mode: payload.transient === true ? 'non-persistent' : 'persistent' },
    ...(access.metadata !== null && { session_metadata: access.metadata }),
  };
}

/** Refresh tokens in wire format. Whether they rotate is a setting of the application. */
export async function toWireRefreshTokens(db: Db, tokens: UserAccess[]) {
  const ids = [...new Set(tokens.flatMap((token) => token.clientId ?? []))];
  const rotating = new Set(
    (await findClients(db, ids))
      .filter((client) => client.settings.refreshToken.rotationType === 'rotating')
      .map((client) => client.id),
  );
  return tokens.map((token) => toWireRefreshToken(token, rotating.has(token.clientId ?? '')));
}

function toWireRefreshToken(access: UserAccess, rotating: boolean) {
  const { payload } = access;
  const scopes = String(payload.scope ?? '');
  const resources = [payload.resource ?? []].flat().map(String);
  const used = access.seenAt.getTime() - access.createdAt.getTime() > 0;
  return {
    id: access.id,
    user_id: access.userId,
    created_at: access.createdAt.toISOString(),
    idle_expires_at: access.expiresAt.toISOString(),
    expires_at: access.expiresAt.toISOString(),
    last_exchanged_at: used ? access.seenAt.toISOString() : null,
    device: access.device,
    client_id: access.clientId ?? '',
    session_id: access.sessionId,
    rotating,
    resource_servers: resources.map((audience) => ({ audience, scopes })),
    ...(access.metadata !== null && { refresh_token_metadata: access.metadata }),
  };
}

const MOST_KEYS = 25;
const LONGEST = 255;

/** @throws ApiError 400 for more than 25 strings, or a string longer than 255 characters */
export function checkedMetadata(
  name: string,
  metadata: Record<string, unknown> | null,
): Record<string, unknown> | null {
  const entries = Object.entries(metadata ?? {});
  const fits = entries.every(
    ([key, value]) => key.length <= LONGEST && typeof value === 'string' && value.length <= LONGEST,
  );
  if (fits && entries.length <= MOST_KEYS) return metadata;
  throw badRequest(
    `Payload validation error: 'Expected up to ${MOST_KEYS} strings of up to ${LONGEST} characters' on property ${name}.`,
  );
}

function momentOf(seconds: unknown): Date | null {
  return typeof seconds === 'number' ? new Date(seconds * 1000) : null;
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
