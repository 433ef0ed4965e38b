import { type Static, type TSchema, Type } from 'typebox';
import {
  type Client,
  type ClientSettings,
  defaultSettings,
} from '../../records/clients/clients.ts';
import { closed, freeObject, nullable, oneOf } from './wire.ts';

const urls = (format: string, description: string) =>
  Type.Array(Type.String({ format, maxLength: 2000 }), { maxItems: 1000, description });

const jwtConfiguration = Type.Object(
  {
    lifetime_in_seconds: Type.Optional(
      Type.Integer({ minimum: 1, description: 'How long ID tokens are valid' }),
    ),
    secret_encoded: Type.Optional(Type.Boolean()),
    alg: Type.Optional(
      oneOf(['HS256', 'RS256', 'RS512', 'PS256'], { description: 'How ID tokens are signed' }),
    ),
    scopes: Type.Optional(freeObject('Kept without effect')),
  },
  { description: 'How ID tokens are made for this client', additionalProperties: false },
);

const refreshToken = closed(
  {
    rotation_type: oneOf(['rotating', 'non-rotating'], {
      description: 'Whether each use of a refresh token gives a new one',
    }),
    expiration_type: oneOf(['expiring', 'non-expiring'], {
      description: 'Whether refresh tokens end at all',
    }),
    leeway: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Seconds in which a rotated token still works' }),
    ),
    token_lifetime: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 157_788_000, description: 'Seconds from first issue' }),
    ),
    infinite_token_lifetime: Type.Optional(Type.Boolean()),
    idle_token_lifetime: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Seconds without use' }),
    ),
    infinite_idle_token_lifetime: Type.Optional(Type.Boolean()),
  },
  { description: 'Refresh token configuration' },
);

/** Fields this server acts on. */
const known = {
  description: Type.String({
    maxLength: 140,
    description: 'Free text description of this client (max length: 140 characters)',
  }),
  logo_uri: Type.String({
    format: 'absolute-uri-or-empty',
    description: 'URL of the logo to display for this client',
  }),
  app_type: oneOf(['native', 'spa', 'regular_web', 'non_interactive'], {
    description: 'The type of application this client represents',
  }),
  callbacks: urls('callback-url', 'Where people may be sent back to after they logged in'),
  allowed_logout_urls: urls('url-with-placeholders', 'Where people may be sent after logout'),
  allowed_origins: urls('url-with-placeholders', 'Origins whose scripts may call this server'),
  web_origins: urls('url-with-placeholders', 'Origins that may receive answers in a web message'),
  grant_types: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    maxItems: 50,
    description: 'Grant types this client may use',
  }),
  token_endpoint_auth_method: oneOf(['none', 'client_secret_post', 'client_secret_basic'], {
    description: 'How this client proves who it is at the token endpoint',
  }),
  initiate_login_uri: Type.String({
    format: 'absolute-https-uri-with-placeholders-or-empty',
    description: 'Initiate login uri, must be https',
  }),
  is_first_party: Type.Boolean({ description: 'Whether this client a first party client or not' }),
  oidc_conformant: Type.Boolean({
    description: 'Whether this client follows OpenID Connect strictly',
  }),
  jwt_configuration: jwtConfiguration,
};

const kept = (schema: TSchema, description = 'Kept without effect') =>
  ({ ...schema, description }) as TSchema;

/** Fields of the wire that are kept and returned as they came, so that tools that manage clients find what they wrote. */
const extras: Record<string, TSchema> = {
  allowed_clients: kept(Type.Array(Type.String())),
  client_aliases: kept(Type.Array(Type.String())),
  sso: kept(Type.Boolean()),
  sso_disabled: kept(Type.Boolean()),
  cross_origin_authentication: kept(Type.Boolean()),
  cross_origin_loc: kept(nullable(Type.String())),
  custom_login_page_on: kept(Type.Boolean()),
  custom_login_page: kept(Type.String()),
  custom_login_page_preview: kept(Type.String()),
  form_template: kept(Type.String()),
  is_token_endpoint_ip_header_trusted: kept(Type.Boolean()),
  addons: freeObject('Kept without effect'),
  mobile: freeObject('Kept without effect'),
  native_social_login: nullable(freeObject('Kept without effect')),
  oidc_logout: freeObject('Kept without effect'),
  oidc_backchannel_logout: freeObject('Kept without effect'),
  default_organization: nullable(freeObject('Kept without effect')),
  organization_usage: nullable(
    oneOf(['deny', 'allow', 'require'], { description: 'Kept without effect' }),
  ),
  organization_require_behavior: nullable(
    oneOf(['no_prompt', 'pre_login_prompt', 'post_login_prompt'], {
      description: 'Kept without effect',
    }),
  ),
  require_pushed_authorization_requests: kept(Type.Boolean(), 'Only false in this version'),
  require_proof_of_possession: kept(Type.Boolean(), 'Only false in this version'),
};

const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Partial(Type.Object(properties)).properties;

const metadataValue = Type.String({ maxLength: 255 });
const nameSchema = Type.String({
  pattern: '^[^<>]+$',
  maxLength: 200,
  description: 'Name of this client (min length: 1 character, does not allow `<` or `>`)',
});
const METADATA = 'Up to 10 strings of up to 255 characters';

export const createBody = closed({
  name: nameSchema,
  ...optional(known),
  refresh_token: Type.Optional(nullable(refreshToken)),
  client_metadata: Type.Optional(
    Type.Record(Type.String(), metadataValue, { maxProperties: 10, description: METADATA }),
  ),
  ...optional(extras),
});

export const patchBody = closed(
  {
    name: Type.Optional(nameSchema),
    client_secret: Type.Optional(
      Type.String({ minLength: 16, maxLength: 512, description: 'A secret of your own making' }),
    ),
    ...optional({
      ...known,
      token_endpoint_auth_method: nullable(known.token_endpoint_auth_method),
    }),
    refresh_token: Type.Optional(nullable(refreshToken)),
    client_metadata: Type.Optional(
      Type.Record(Type.String(), nullable(metadataValue), {
        description: `${METADATA}; merged with what is there, null removes a key`,
      }),
    ),
    ...optional(extras),
  },
  { minProperties: 1 },
);

export const clientSchema = Type.Partial(
  Type.Object({
    client_id: Type.String({ description: 'ID of this client' }),
    client_secret: Type.String({
      description: 'Only in the answer that made it: it is kept as a hash and can not be read back',
    }),
    name: nameSchema,
    ...known,
    refresh_token: refreshToken,
    client_metadata: freeObject(METADATA),
    ...extras,
    global: Type.Boolean(),
  }),
);

export type ClientBody = Omit<Static<typeof patchBody>, 'client_secret'>;

/**
 * Settings with the body's fields written over them. Metadata merges by key, a null removes it; null in any other field
 * brings back the default.
 */
export function mergeSettings(before: ClientSettings, body: ClientBody): ClientSettings {
  const defaults = defaultSettings(body.app_type ?? before.appType);
  const { jwt_configuration: jwt, refresh_token: refresh } = body;
  return {
    ...before,
    description: body.description ?? before.description,
    logoUri: body.logo_uri ?? before.logoUri,
    appType: body.app_type ?? before.appType,
    callbacks: body.callbacks ?? before.callbacks,
    allowedLogoutUrls: body.allowed_logout_urls ?? before.allowedLogoutUrls,
    allowedOrigins: body.allowed_origins ?? before.allowedOrigins,
    webOrigins: body.web_origins ?? before.webOrigins,
    grantTypes: body.grant_types ?? before.grantTypes,
    tokenEndpointAuthMethod:
      body.token_endpoint_auth_method === null
        ? defaults.tokenEndpointAuthMethod
        : (body.token_endpoint_auth_method ?? before.tokenEndpointAuthMethod),
    initiateLoginUri: body.initiate_login_uri ?? before.initiateLoginUri,
    clientMetadata: mergeMetadata(before.clientMetadata, body.client_metadata),
    isFirstParty: body.is_first_party ?? before.isFirstParty,
    oidcConformant: body.oidc_conformant ?? before.oidcConformant,
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

function mergeMetadata(
  before: Record<string, string> | undefined,
  changes: Record<string, string | null> | undefined,
): Record<string, string> | undefined {
  if (changes === undefined) return before;
  const merged = Object.entries({ ...before, ...changes });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
}

function mergeExtra(before: Record<string, unknown>, body: object): Record<string, unknown> {
  const changes = Object.entries(body).filter(([name]) => name in extras);
  const merged = Object.entries({ ...before, ...Object.fromEntries(changes) });
  return Object.fromEntries(merged.filter(([, value]) => value !== null));
}

/** @param secret only in the answer to the call that made it */
export function toClientWire({ id, name, settings }: Client, secret?: string) {
  const { jwtConfiguration: jwt, refreshToken: refresh } = settings;
  return {
    name,
    description: settings.description,
    client_id: id,
    client_secret: secret,
    logo_uri: settings.logoUri,
    app_type: settings.appType,
    is_first_party: settings.isFirstParty,
    oidc_conformant: settings.oidcConformant,
    callbacks: settings.callbacks,
    allowed_logout_urls: settings.allowedLogoutUrls,
    allowed_origins: settings.allowedOrigins,
    web_origins: settings.webOrigins,
    grant_types: settings.grantTypes,
    token_endpoint_auth_method: settings.tokenEndpointAuthMethod,
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
    sso_disabled: false,
    cross_origin_authentication: false,
    custom_login_page_on: true,
    ...settings.extra,
  };
}
