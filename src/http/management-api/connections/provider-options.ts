import { type TSchema, Type } from 'typebox';
import { isProviderStrategy, type ProviderStrategy } from '../../../outbound/social/social.ts';
import { scopeOptionsOf, UPSTREAM_ALIASES } from '../../../records/connections/connections.ts';
import { closed, type Effects, freeObject, nullable, oneOf } from '../route/route.ts';

const text = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, ...(description !== undefined && { description }) });
const url = Type.String({ format: 'url', maxLength: 2048 });
const scopes = Type.Unsafe<string | string[] | null>({
  type: ['string', 'array', 'null'],
  maxLength: 10_000,
  maxItems: 255,
  items: { type: 'string', minLength: 1, maxLength: 2560 },
  description: 'Scopes, as a list or as a text with blanks between them',
});

/** Options of every connection to a provider. */
const common = {
  client_id: text(1000, 'ID of the application at the provider'),
  scope: scopes,
  upstream_params: nullable(
    Type.Object(
      {},
      {
        additionalProperties: closed({
          value: Type.Optional(Type.String({ maxLength: 2000 })),
          alias: Type.Optional(oneOf(UPSTREAM_ALIASES)),
        }),
        maxProperties: 50,
        description:
          'Parameters for the provider by their names: `value` is sent as it is, `alias` sends the value of that parameter of the request.',
      },
    ),
  ),
  set_user_root_attributes: oneOf(['on_each_login', 'on_first_login', 'never_on_login'], {
    description:
      'When the profile of the user follows that of the provider. With `never_on_login`, users are not created either.',
  }),
  non_persistent_attrs: nullable(
    Type.Array(Type.String({ maxLength: 255 }), {
      maxItems: 96,
      description: 'Attributes of the profile that are not stored',
    }),
  ),
  icon_url: nullable(
    Type.String({
      format: 'url',
      pattern: '^https://',
      maxLength: 255,
      description: 'Image on the button',
    }),
  ),
  disable_signup: Type.Boolean({
    description: 'Whether only people with an account or an invitation can sign in',
  }),
};

const secret = { client_secret: text(13_000, 'Secret of the application at the provider') };
const social = {
  freeform_scopes: nullable(
    Type.Array(Type.String({ minLength: 1, maxLength: 2560 }), { maxItems: 255 }),
  ),
};
const domains = {
  tenant_domain: nullable(text(512, 'Domain of the organization')),
  domain_aliases: nullable(
    Type.Array(text(256), {
      maxItems: 1000,
      description: 'Domains of email addresses that sign in with this connection',
    }),
  ),
};
const mapping = (modes: readonly [string, string]) => ({
  attribute_map: nullable(
    closed({
      mapping_mode: Type.Optional(oneOf(modes)),
      attributes: Type.Optional({
        ...freeObject(
          'Attributes of the profile, as texts with `context.tokenset.…` and `context.userinfo.…` in braces after a dollar sign',
        ),
        maxProperties: 100,
      }),
    }),
  ),
});
const openId = {
  connection_settings: nullable(
    closed({ pkce: Type.Optional(oneOf(['auto', 'S256', 'plain', 'disabled'])) }),
  ),
  token_endpoint_auth_method: nullable(
    oneOf(['client_secret_post', 'client_secret_basic', 'private_key_jwt']),
  ),
  id_token_signed_response_algs: nullable(
    Type.Array(oneOf(['ES256', 'ES384', 'PS256', 'PS384', 'RS256', 'RS384', 'RS512']), {
      maxItems: 7,
    }),
  ),
};

const openIdEffects: Effects = {
  token_endpoint_auth_method: {
    only: ['client_secret_post', 'client_secret_basic', null],
    because: 'Usher has no keys with which it could sign requests to a provider',
    shown: false,
  },
};

type Kind = {
  properties: Record<string, TSchema>;
  required: string[];
  effects?: Effects;
};

const KINDS: Record<ProviderStrategy, Kind> = {
  'google-oauth2': withSecret(social),
  facebook: withSecret(
    { ...social, allow_context_profile_field: Type.Boolean() },
    {
      allow_context_profile_field: { only: [false], because: 'Facebook no longer has this field' },
    },
  ),
  github: withSecret(social),
  windowslive: withSecret(
    { ...social, strategy_version: Type.Integer() },
    {
      strategy_version: { only: [2], because: 'Microsoft has switched the first version off' },
    },
  ),
  linkedin: withSecret(
    { ...social, strategy_version: Type.Integer() },
    {
      strategy_version: { only: [3], because: 'LinkedIn has switched the older versions off' },
    },
  ),
  apple: {
    properties: {
      ...social,
      app_secret: text(5120, 'Private key from Apple, as PEM (.p8)'),
      kid: text(1536, 'ID of the key'),
      team_id: text(256, 'ID of the team'),
    },
    required: ['client_id', 'app_secret', 'kid', 'team_id'],
  },
  'google-apps': {
    ...withSecret({
      ...domains,
      domain: text(1024, 'Domain of the Workspace'),
      map_user_id_to_id: Type.Boolean(),
    }),
    required: ['client_id', 'client_secret', 'domain'],
  },
  okta: {
    ...withSecret(
      {
        ...domains,
        ...openId,
        ...mapping(['basic_profile', 'use_map']),
        domain: Type.String({ format: 'hostname', minLength: 4, maxLength: 255 }),
        type: oneOf(['back_channel']),
      },
      openIdEffects,
    ),
    required: ['client_id', 'client_secret', 'domain'],
  },
  oidc: {
    properties: {
      client_secret: nullable(secret.client_secret),
      ...domains,
      ...openId,
      ...mapping(['bind_all', 'use_map']),
      discovery_url: nullable(url),
      issuer: nullable(url),
      authorization_endpoint: nullable(url),
      token_endpoint: nullable(url),
      userinfo_endpoint: nullable(url),
      jwks_uri: nullable(url),
      type: oneOf(['back_channel', 'front_channel']),
      send_back_channel_nonce: Type.Boolean(),
    },
    required: ['client_id'],
    effects: openIdEffects,
  },
  waad: withSecret(
    {
      ...domains,
      tenantId: Type.String({ pattern: '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }),
      useCommonEndpoint: Type.Boolean(),
      userid_attribute: oneOf(['oid', 'sub']),
      should_trust_email_verified_connection: oneOf([
        'never_set_emails_as_verified',
        'always_set_emails_as_verified',
      ]),
      identity_api: Type.String(),
      waad_protocol: Type.String(),
      use_wsfed: Type.Boolean(),
    },
    {
      identity_api: {
        only: ['microsoft-identity-platform-v2.0'],
        because: 'Usher does not speak the older interface',
      },
      waad_protocol: { only: ['openid-connect'], because: 'Usher has no WS-Federation' },
      use_wsfed: { only: [false], because: 'Usher has no WS-Federation' },
    },
  ),
};

function withSecret(properties: Record<string, TSchema>, effects: Effects = {}): Kind {
  return {
    properties: { ...secret, ...properties },
    required: ['client_id', 'client_secret'],
    effects,
  };
}

/** Strategies of connections to identity providers that work. */
export const PROVIDER_STRATEGIES = Object.keys(KINDS);

/** The schema of a provider's options, closed. `null`: connections of this strategy have no login. */
export function providerOptions(strategy: string): { schema: TSchema; effects: Effects } | null {
  if (!isProviderStrategy(strategy)) return null;
  const { properties, required, effects = {} } = KINDS[strategy];
  const switches = scopeOptionsOf(strategy).map((name) => [name, Type.Boolean()] as const);
  const all: Record<string, TSchema> = {
    ...common,
    ...Object.fromEntries(switches),
    ...properties,
  };
  const schema = closed(
    Object.fromEntries(
      Object.entries(all).map(([name, one]) => [
        name,
        required.includes(name) ? one : Type.Optional(one),
      ]),
    ),
  );
  return { schema, effects };
}
