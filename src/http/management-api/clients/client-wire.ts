import { type Static, type TSchema, Type } from 'typebox';
import { closed, freeObject, LONGEST_SECONDS, nullable, oneOf } from '../route/route.ts';
import {
  authenticationMethods,
  authenticationMethodsSchema,
  newAuthenticationMethods,
} from './client-authentication.ts';
import { extras, object } from './client-extras.ts';

const urls = (format: string, description: string) =>
  Type.Array(Type.String({ format, maxLength: 2000 }), { maxItems: 1000, description });

const jwtConfiguration = Type.Object(
  {
    lifetime_in_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LONGEST_SECONDS,
        description: 'Lifetime of ID tokens, in seconds',
      }),
    ),
    secret_encoded: Type.Optional(Type.Boolean()),
    alg: Type.Optional(
      oneOf(['HS256', 'RS256', 'RS512', 'PS256'], {
        description: 'Algorithm that signs ID tokens',
      }),
    ),
    scopes: Type.Optional(object()),
  },
  { description: 'Settings of ID tokens for this application' },
);

const refreshToken = closed(
  {
    rotation_type: oneOf(['rotating', 'non-rotating'], {
      description: 'Whether each use of a refresh token returns a new one (`rotating`)',
    }),
    expiration_type: oneOf(['expiring', 'non-expiring'], {
      description: 'Whether refresh tokens expire',
    }),
    leeway: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: LONGEST_SECONDS,
        description: 'Time during which a rotated token still works, in seconds',
      }),
    ),
    token_lifetime: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LONGEST_SECONDS,
        description: 'Lifetime from the first issue, in seconds',
      }),
    ),
    infinite_token_lifetime: Type.Optional(Type.Boolean()),
    idle_token_lifetime: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LONGEST_SECONDS,
        description: 'Lifetime without use, in seconds',
      }),
    ),
    infinite_idle_token_lifetime: Type.Optional(Type.Boolean()),
    policies: Type.Optional(
      nullable(
        Type.Array(
          closed({
            audience: Type.String({ minLength: 1, maxLength: 600 }),
            scope: Type.Array(Type.String({ minLength: 1, maxLength: 280 })),
          }),
          { minItems: 1 },
        ),
      ),
    ),
  },
  { description: 'Refresh token configuration' },
);

/** Fields that have an effect in Usher. */
const known = {
  description: Type.String({
    maxLength: 140,
    description: 'Free text description of this client (max length: 140 characters)',
  }),
  logo_uri: Type.String({
    format: 'absolute-uri-or-empty',
    description: 'URL of the logo to display for this client',
  }),
  app_type: oneOf(
    [
      'native',
      'spa',
      'regular_web',
      'non_interactive',
      'resource_server',
      'express_configuration',
      'rms',
      'box',
      'cloudbees',
      'concur',
      'dropbox',
      'mscrm',
      'echosign',
      'egnyte',
      'newrelic',
      'office365',
      'salesforce',
      'sentry',
      'sharepoint',
      'slack',
      'springcm',
      'zendesk',
      'zoom',
      'sso_integration',
      'oag',
    ],
    { description: 'The type of application this client represents' },
  ),
  callbacks: urls('callback-url', 'URLs to which a user can be redirected after login'),
  allowed_logout_urls: urls(
    'url-with-placeholders',
    'URLs to which a user can be redirected after logout',
  ),
  allowed_origins: urls('url-with-placeholders', 'Origins whose scripts can call this server'),
  web_origins: urls(
    'url-with-placeholders',
    'Origins that can receive a response as a web message',
  ),
  grant_types: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    maxItems: 50,
    description: 'Grant types that the application can use',
  }),
  token_endpoint_auth_method: oneOf(['none', 'client_secret_post', 'client_secret_basic'], {
    description: 'Method with which the application authenticates at the token endpoint',
  }),
  initiate_login_uri: Type.String({
    format: 'absolute-https-uri-with-placeholders-or-empty',
    description: 'Initiate login uri, must be https',
  }),
  is_first_party: Type.Boolean({ description: 'Whether this client a first party client or not' }),
  oidc_conformant: Type.Boolean({
    description: 'Whether this application conforms strictly to OpenID Connect',
  }),
  jwt_configuration: jwtConfiguration,
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
const METADATA_NAMES = { maxLength: 255, pattern: '^[A-Za-z0-9:,\\-+=_*?"/\\\\()<>@\\t ]+$' };

export const createBody = closed({
  name: nameSchema,
  ...optional(known),
  refresh_token: Type.Optional(nullable(refreshToken)),
  client_metadata: Type.Optional(
    Type.Record(Type.String(), nullable(metadataValue), {
      maxProperties: 10,
      propertyNames: METADATA_NAMES,
      description: METADATA,
    }),
  ),
  client_authentication_methods: Type.Optional(newAuthenticationMethods),
  ...optional(extras),
});

export const patchBody = closed(
  {
    name: Type.Optional(nameSchema),
    client_secret: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 512,
        pattern: '^\\P{Cc}*$',
        description:
          'Secret of your choice. It can contain every character except control characters.',
      }),
    ),
    ...optional({
      ...known,
      token_endpoint_auth_method: nullable(known.token_endpoint_auth_method),
    }),
    refresh_token: Type.Optional(nullable(refreshToken)),
    client_metadata: Type.Optional(
      Type.Record(Type.String(), nullable(metadataValue), {
        propertyNames: METADATA_NAMES,
        description: `${METADATA}. Merged with the existing metadata; \`null\` deletes a key.`,
      }),
    ),
    client_authentication_methods: Type.Optional(authenticationMethods),
    ...optional(extras),
  },
  { minProperties: 1 },
);

export const clientSchema = Type.Partial(
  Type.Object({
    client_id: Type.String({ description: 'ID of this client' }),
    client_secret: Type.String({
      description:
        'Secret of the application. It is shown only in the response that created it, unless CLIENT_SECRETS is `encrypted`, ' +
        'because the server stores a hash.',
    }),
    name: nameSchema,
    ...known,
    refresh_token: refreshToken,
    client_metadata: freeObject(METADATA),
    client_authentication_methods: authenticationMethodsSchema,
    ...extras,
    signing_keys: Type.Array(
      Type.Object({
        cert: Type.String({
          description: 'Certificate that verifies tokens, in PEM',
        }),
        pkcs7: Type.String({ description: 'The same certificate as PKCS #7' }),
        subject: Type.String({ description: 'Subject of the certificate' }),
      }),
      { description: 'Keys that sign the tokens of this server' },
    ),
    global: Type.Boolean(),
  }),
);

export type ClientBody = Omit<Static<typeof patchBody>, 'client_secret'>;
