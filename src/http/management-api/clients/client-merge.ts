import {
  type Client,
  type ClientSettings,
  defaultSettings,
} from '../../../records/clients/clients.ts';
import { shownBy, worthKeeping } from '../route/route.ts';
import { wantedKeys } from './client-authentication.ts';
import { extras } from './client-extras.ts';
import type { ClientBody } from './client-wire.ts';
import { CLIENT_EFFECTS } from './effects-of-clients.ts';

/**
 * Merges the fields of a body into settings. Metadata merges by key, and `null` deletes a key. In other fields, `null`
 * restores the default.
 */
export function mergeSettings(before: ClientSettings, body: ClientBody): ClientSettings {
  const defaults = defaultSettings(body.app_type ?? before.appType);
  const { jwt_configuration: jwt, refresh_token: refresh } = body;
  const { privateKeyJwt, ...kept } = before;
  const keys = keysAfter(privateKeyJwt, body);
  return {
    ...kept,
    ...(keys !== undefined && { privateKeyJwt: keys }),
    description: body.description ?? before.description,
    logoUri: body.logo_uri ?? before.logoUri,
    appType: body.app_type ?? before.appType,
    callbacks: body.callbacks ?? before.callbacks,
    allowedLogoutUrls: body.allowed_logout_urls ?? before.allowedLogoutUrls,
    allowedOrigins: body.allowed_origins ?? before.allowedOrigins,
    webOrigins: body.web_origins ?? before.webOrigins,
    grantTypes: body.grant_types ?? before.grantTypes,
    tokenEndpointAuthMethod:
      keys !== undefined
        ? 'client_secret_post'
        : body.token_endpoint_auth_method === null
          ? defaults.tokenEndpointAuthMethod
          : (body.token_endpoint_auth_method ?? before.tokenEndpointAuthMethod),
    initiateLoginUri: body.initiate_login_uri ?? before.initiateLoginUri,
    clientMetadata: mergeMetadata(before.clientMetadata, body.client_metadata),
    isFirstParty: body.is_first_party ?? before.isFirstParty,
    jwtConfiguration: {
      ...before.jwtConfiguration,
      ...(jwt?.lifetime_in_seconds !== undefined && { lifetimeInSeconds: jwt.lifetime_in_seconds }),
      ...(jwt?.alg !== undefined && { alg: jwt.alg }),
    },
    refreshToken:
      refresh === null
        ? defaults.refreshToken
        : refresh === undefined
          ? before.refreshToken
          : {
              rotationType: refresh.rotation_type,
              expirationType: refresh.expiration_type,
              leeway: refresh.leeway ?? before.refreshToken.leeway,
              tokenLifetime: refresh.token_lifetime ?? before.refreshToken.tokenLifetime,
              idleTokenLifetime:
                refresh.idle_token_lifetime ?? before.refreshToken.idleTokenLifetime,
              infiniteTokenLifetime:
                refresh.infinite_token_lifetime ?? refresh.expiration_type === 'non-expiring',
              infiniteIdleTokenLifetime:
                refresh.infinite_idle_token_lifetime ?? refresh.expiration_type === 'non-expiring',
            },
    extra: mergeExtra(before.extra, body),
  };
}

/** IDs of the keys that the application uses after a change; undefined: a secret, or nothing. */
function keysAfter(before: string[] | undefined, body: ClientBody): string[] | undefined {
  const wanted = wantedKeys(body);
  if (wanted !== undefined) return wanted ?? undefined;
  const method = body.token_endpoint_auth_method ?? null;
  return method === null ? before : undefined;
}

function mergeMetadata(
  before: Record<string, string> | undefined,
  changes: Record<string, string | null> | undefined,
): Record<string, string> | undefined {
  if (changes === undefined) return before;
  const merged = Object.entries({ ...before, ...changes });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
}

function mergeExtra(before: Record<string, unknown>, body: object): Record<string, unknown> {
  const changes = Object.entries(worthKeeping({ ...body }, CLIENT_EFFECTS)).filter(
    ([name]) => name in extras,
  );
  const merged = Object.entries({ ...before, ...Object.fromEntries(changes) });
  return Object.fromEntries(merged.filter(([, value]) => value !== null));
}

/** @param secret only in the response to the request that created it */
export function toClientWire({ id, name, settings }: Client, secret?: string) {
  const { jwtConfiguration: jwt, refreshToken: refresh } = settings;
  return shownBy(CLIENT_EFFECTS, {
    name,
    description: settings.description,
    client_id: id,
    client_secret: secret,
    logo_uri: settings.logoUri,
    app_type: settings.appType,
    is_first_party: settings.isFirstParty,
    callbacks: settings.callbacks,
    allowed_logout_urls: settings.allowedLogoutUrls,
    allowed_origins: settings.allowedOrigins,
    web_origins: settings.webOrigins,
    grant_types: settings.grantTypes,
    token_endpoint_auth_method:
      settings.privateKeyJwt === undefined ? settings.tokenEndpointAuthMethod : undefined,
    client_authentication_methods: settings.privateKeyJwt && {
      private_key_jwt: { credentials: settings.privateKeyJwt.map((id) => ({ id })) },
    },
    initiate_login_uri: settings.initiateLoginUri,
    client_metadata: settings.clientMetadata,
    jwt_configuration: {
      lifetime_in_seconds: jwt.lifetimeInSeconds,
      secret_encoded: false,
      alg: jwt.alg,
    },
    refresh_token: {
      rotation_type: refresh.rotationType,
      expiration_type: refresh.expirationType,
      leeway: refresh.leeway,
      token_lifetime: refresh.tokenLifetime,
      infinite_token_lifetime: refresh.infiniteTokenLifetime,
      idle_token_lifetime: refresh.idleTokenLifetime,
      infinite_idle_token_lifetime: refresh.infiniteIdleTokenLifetime,
    },
    global: false,
    is_token_endpoint_ip_header_trusted: false,
    ...worthKeeping(settings.extra, CLIENT_EFFECTS),
  });
}
