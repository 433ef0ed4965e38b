import { type Static, type TSchema, Type } from 'typebox';
import { randomAlnum } from '../../../platform/ids/ids.ts';
import {
  type ResourceServer,
  type ResourceServerSettings,
  sealSigningSecret,
  signingSecretOf,
} from '../../../records/resource-servers/resource-servers.ts';
import {
  badRequest,
  closed,
  fieldsQuery,
  freeObject,
  nullable,
  oneOf,
  rolesClaimName,
  shownBy,
} from '../route/route.ts';
import { API_EFFECTS } from './effects-of-resource-servers.ts';

const seconds = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 2_592_000, description });
const policy = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Object({ policy: Type.Optional(oneOf(values)) }, { description });

const fields = {
  name: Type.String({
    maxLength: 200,
    pattern: '^[^<>]+$',
    description: 'Name of the API. It cannot contain `<` or `>`.',
  }),
  scopes: Type.Array(
    closed({
      value: Type.String({
        minLength: 1,
        maxLength: 280,
        pattern: '^\\S+$',
        description: 'Name of the scope',
      }),
      description: Type.Optional(
        Type.String({ maxLength: 500, description: 'Description of the scope' }),
      ),
    }),
    { maxItems: 1000, description: 'Scopes of this API' },
  ),
  signing_alg: oneOf(['HS256', 'RS256', 'RS512', 'PS256'], {
    description: 'Algorithm that signs access tokens. Default: `RS256`.',
  }),
  allow_offline_access: Type.Boolean({
    description: 'Whether applications can get refresh tokens for the API',
  }),
  token_lifetime: seconds('Lifetime of access tokens, in seconds'),
  token_lifetime_for_web: seconds(
    'Lifetime of access tokens from the implicit flow, in seconds. Maximum: `token_lifetime`.',
  ),
  token_dialect: oneOf(
    ['access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'],
    {
      description:
        "Format of access tokens: Auth0's format (`access_token`) or RFC 9068 (`rfc9068_profile`). The `…_authz` formats add " +
        '`permissions` if `enforce_policies` is `true`.',
    },
  ),
  skip_consent_for_verifiable_first_party_clients: Type.Boolean(),
  enforce_policies: Type.Boolean({
    description: "Whether the scopes of a user's token are limited to the permissions of the user",
  }),
  roles_claim: rolesClaimName,
  subject_type_authorization: closed(
    {
      user: Type.Optional(
        policy(['allow_all', 'deny_all', 'require_client_grant'], 'Policy for tokens of users'),
      ),
      client: Type.Optional(
        policy(
          ['deny_all', 'require_client_grant'],
          'Policy for tokens of applications themselves',
        ),
      ),
    },
    { description: 'Policies that say which applications can get tokens for this API' },
  ),
};

/** Fields without effect: see `effects-of-resource-servers.ts`. */
const extras = {
  allow_online_access: Type.Boolean(),
  allow_online_access_with_ephemeral_sessions: Type.Boolean(),
  authorization_details: nullable(Type.Array(Type.Unknown())),
  consent_policy: nullable(oneOf(['transactional-authorization-with-mfa'])),
  token_encryption: nullable(freeObject('Encryption of tokens')),
  proof_of_possession: nullable(
    closed({
      mechanism: oneOf(['mtls', 'dpop']),
      required: Type.Boolean(),
      required_for: Type.Optional(oneOf(['public_clients', 'all_clients'])),
    }),
  ),
  authorization_policy: nullable(freeObject('Policy that says who can get tokens')),
};

const signingSecret = Type.String({
  minLength: 16,
  maxLength: 1000,
  description:
    'Secret that signs tokens if `signing_alg` is `HS256`. If absent, Usher generates one. Use 32 bytes or more (RFC 7518 §3.2), because libraries may refuse to verify with a shorter secret.',
});

const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Partial(Type.Object(properties)).properties;
const writable = {
  ...optional(fields),
  ...optional(extras),
  signing_secret: Type.Optional(signingSecret),
};

export const createBody = closed({
  identifier: Type.String({
    minLength: 1,
    maxLength: 600,
    description: 'Identifier of the API: the audience of its tokens. It cannot be changed.',
  }),
  ...writable,
});
export const patchBody = closed(writable);
export const serverSchema = Type.Partial(
  Type.Object({
    id: Type.String({ description: 'ID of the API' }),
    identifier: Type.String({ description: 'Identifier of the API: the audience of its tokens' }),
    is_system: Type.Boolean({ description: 'Whether this is the management API of this server' }),
    ...fields,
    ...extras,
    signing_secret: signingSecret,
  }),
);
// The last field is on Auth0's wire, but no API of Usher has it.
export const API_FIELDS = [...Object.keys(serverSchema.properties), 'client_id'];

export const listQuery = {
  identifiers: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      maxItems: 100,
      description: 'Only APIs with these identifiers',
    }),
  ),
  ...fieldsQuery(API_FIELDS),
};

/** The settings of an API that a body changes. */
export function toSettings(body: Static<typeof patchBody>): ResourceServerSettings {
  const settings: { [K in keyof ResourceServerSettings]: ResourceServerSettings[K] | undefined } = {
    signingAlg: body.signing_alg,
    tokenLifetime: body.token_lifetime,
    tokenLifetimeForWeb: body.token_lifetime_for_web,
    allowOfflineAccess: body.allow_offline_access,
    enforcePolicies: body.enforce_policies,
    tokenDialect: body.token_dialect,
    subjectTypeAuthorization: body.subject_type_authorization,
    rolesClaim: body.roles_claim,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/**
 * The signing secret to store with a change.
 * @param before the current settings; empty for a new API
 * @throws ApiError 400 for a secret that signs nothing
 */
export function signingSecretFor(
  key: Buffer,
  before: ResourceServerSettings,
  body: Static<typeof patchBody>,
): Pick<ResourceServerSettings, 'signingSecret'> {
  const alg = body.signing_alg ?? before.signingAlg;
  if (alg !== 'HS256') {
    if (body.signing_secret === undefined) return {};
    throw badRequest(
      'signing_secret requires signing_alg HS256. Set signing_alg, or leave signing_secret out.',
    );
  }
  if (body.signing_secret === undefined && before.signingSecret !== undefined) return {};
  return { signingSecret: sealSigningSecret(key, body.signing_secret ?? randomAlnum(64)) };
}

/** @param key encrypts the secrets in the database */
export function toServerWire(server: ResourceServer, key: Buffer) {
  const { id, identifier, name, scopes, settings, isSystem } = server;
  const { user, client } = settings.subjectTypeAuthorization ?? {};
  return {
    ...shownBy(API_EFFECTS),
    id,
    // Tools recognize by this name the API that they must not change.
    name: isSystem ? 'Auth0 Management API' : (name ?? undefined),
    is_system: isSystem,
    identifier,
    scopes,
    signing_alg: settings.signingAlg,
    signing_secret: signingSecretOf(server, key) ?? undefined,
    allow_offline_access: settings.allowOfflineAccess,
    token_lifetime: settings.tokenLifetime,
    token_lifetime_for_web: settings.tokenLifetimeForWeb,
    token_dialect: settings.tokenDialect,
    enforce_policies: settings.enforcePolicies,
    roles_claim: settings.rolesClaim ?? undefined,
    subject_type_authorization: {
      user: { policy: user?.policy ?? 'allow_all' },
      client: { policy: client?.policy ?? 'require_client_grant' },
    },
  };
}
