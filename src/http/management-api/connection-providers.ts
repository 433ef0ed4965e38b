import { Type } from 'typebox';
import { badRequest } from './errors.ts';
import { validatorFor } from './validation.ts';
import { nullable } from './wire.ts';

type Options = Record<string, unknown>;

const text = (description: string, maxLength = 10_000) =>
  Type.Optional(nullable(Type.String({ maxLength, description })));
const texts = (description: string) =>
  Type.Optional(nullable(Type.Array(Type.String({ maxLength: 2000 }), { description })));
const flag = (description: string) => Type.Optional(Type.Boolean({ description }));

/** What the strategies of outside providers have in common; the rest is kept as it comes, for the official schemas are open. */
const common = {
  client_id: text('The client id at the provider', 1000),
  client_secret: text('The client secret at the provider; encrypted at rest'),
  scope: Type.Optional(
    Type.Unsafe<unknown>({
      type: ['array', 'string', 'null'],
      items: { type: 'string' },
      description: 'What is asked for at the provider',
    }),
  ),
  freeform_scopes: texts('More scopes, by name'),
  upstream_params: Type.Optional(
    Type.Unsafe<unknown>({
      type: ['object', 'null'],
      description: 'Parameters that are passed on to the provider',
    }),
  ),
  icon_url: text('A picture for the button', 2000),
  domain_aliases: texts('E-mail domains of its people'),
  tenant_domain: text('The domain of its tenant', 2000),
  non_persistent_attrs: texts('Attributes that are not stored'),
  set_user_root_attributes: Type.Optional(
    Type.Unsafe<string>({
      type: 'string',
      enum: ['on_each_login', 'on_first_login', 'never_on_login'],
      description: 'When the profile is taken over',
    }),
  ),
};

const BY_STRATEGY: Record<string, object> = {
  apple: {
    app_secret: text('The private key at Apple; encrypted at rest', 20_000),
    team_id: text('The team id at Apple', 100),
    kid: text('The id of the key at Apple', 100),
  },
  oidc: {
    type: Type.Optional(
      Type.Unsafe<string>({ type: 'string', enum: ['back_channel', 'front_channel'] }),
    ),
    discovery_url: text('Where the provider describes itself', 2000),
    issuer: text('The issuer of its tokens', 2000),
    authorization_endpoint: text('Where people are sent', 2000),
    token_endpoint: text('Where codes are exchanged', 2000),
    userinfo_endpoint: text('Where profiles are read', 2000),
    jwks_uri: text('Where its keys are', 2000),
    send_back_channel_nonce: flag('Whether a nonce is sent in the back channel'),
  },
  okta: {
    domain: text('The Okta domain', 2000),
    issuer: text('The issuer of its tokens', 2000),
  },
  waad: {
    app_id: text('The application id', 1000),
    use_wsfed: flag('Whether WS-Federation is used'),
    useCommonEndpoint: flag('Whether people of any tenant may come'),
    waad_protocol: Type.Optional(
      Type.Unsafe<string>({ type: 'string', enum: ['openid-connect', 'ws-federation'] }),
    ),
  },
  adfs: {
    adfs_server: text('Where its metadata is', 2000),
    signInEndpoint: text('Where people are sent', 2000),
    fedMetadataXml: text('Its metadata', 100_000),
    thumbprints: texts('Of its certificates'),
  },
  samlp: {
    signInEndpoint: text('Where people are sent', 2000),
    signOutEndpoint: text('Where they log out', 2000),
    signingCert: text('Its certificate', 100_000),
    cert: text('Its certificate', 100_000),
    metadataUrl: text('Where its metadata is', 2000),
    metadataXml: text('Its metadata', 200_000),
    signSAMLRequest: flag('Whether requests are signed'),
    disableSignout: flag('Whether log-out stays here'),
    debug: flag('Whether more is logged'),
    fieldsMap: Type.Optional(
      Type.Unsafe<unknown>({ type: 'object', description: 'From its attributes to the profile' }),
    ),
  },
};

const NEEDS_CLIENT_ID = new Set(['oidc', 'okta', 'waad', 'auth0-oidc']);
const validators = new Map<string, (data: unknown) => void>();

/** Throws 400 when the options don't fit the provider. */
export function checkProviderOptions(strategy: string, options: Options): void {
  let validate = validators.get(strategy);
  if (!validate) {
    const properties = { ...common, ...BY_STRATEGY[strategy] };
    validate = validatorFor(Type.Object({ options: Type.Object(properties) }), 'body');
    validators.set(strategy, validate);
  }
  validate({ options });
  if (NEEDS_CLIENT_ID.has(strategy) && typeof options.client_id !== 'string') {
    throw badRequest(
      "Payload validation error: 'Missing required property: client_id' on property options.",
    );
  }
  if ('custom_password_hash' in options) {
    throw badRequest('The custom_password_hash option is only available for database connections');
  }
}
