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
    description: 'Friendly name, without `<` and `>`',
  }),
  scopes: Type.Array(
    closed({
      value: Type.String({
        minLength: 1,
        maxLength: 280,
        pattern: '^\\S+$',
        description: 'The scope',
      }),
      description: Type.Optional(Type.String({ maxLength: 500, description: 'What it allows' })),
    }),
    { maxItems: 1000, description: 'Scopes of this API' },
  ),
  signing_alg: oneOf(['HS256', 'RS256', 'RS512', 'PS256'], {
    description: 'How access tokens are signed: `RS256` unless told',
  }),
  allow_offline_access: Type.Boolean({ description: 'Whether refresh tokens may be issued' }),
  token_lifetime: seconds('Seconds an access token is valid'),
  token_lifetime_for_web: seconds(
    'Seconds a token from the implicit flow is valid, not more than `token_lifetime`',
  ),
  token_dialect: oneOf(
    ['access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'],
    {
      description:
        'Form of the access token: this API’s own or that of RFC 9068; `…_authz` adds `permissions` where policies are enforced',
    },
  ),
  skip_consent_for_verifiable_first_party_clients: Type.Boolean(),
  enforce_policies: Type.Boolean({
    description: 'Whether scopes of people’s tokens are limited to what these people may do',
  }),
  roles_claim: rolesClaimName,
  subject_type_authorization: closed(
    {
      user: Type.Optional(
        policy(['allow_all', 'deny_all', 'require_client_grant'], 'Tokens of people'),
      ),
      client: Type.Optional(
        policy(['deny_all', 'require_client_grant'], 'Tokens of clients for themselves'),
      ),
    },
    { description: 'Which clients may have tokens for this API' },
  ),
};

/** None of it has an effect: see `effects-of-resource-servers.ts`. */
const extras = {
  allow_online_access: Type.Boolean(),
  allow_online_access_with_ephemeral_sessions: Type.Boolean(),
  authorization_details: nullable(Type.Array(Type.Unknown())),
  consent_policy: nullable(oneOf(['transactional-authorization-with-mfa'])),
  token_encryption: nullable(freeObject('How tokens are encrypted')),
  proof_of_possession: nullable(
    closed({
      mechanism: oneOf(['mtls', 'dpop']),
      required: Type.Boolean(),
      required_for: Type.Optional(oneOf(['public_clients', 'all_clients'])),
    }),
  ),
  authorization_policy: nullable(freeObject('Who may have tokens')),
};

const signingSecret = Type.String({
  minLength: 16,
  maxLength: 1000,
  description:
    'With which tokens are signed where `signing_alg` is `HS256`; made unless told. Give it 32 octets or more (RFC 7518 §3.2): libraries may refuse to verify with less',
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
    description: 'The audience tokens are made out to. It never changes',
  }),
  ...writable,
});
export const patchBody = closed(writable);
export const serverSchema = Type.Partial(
  Type.Object({
    id: Type.String({ description: 'ID of the API' }),
    identifier: Type.String({ description: 'The audience tokens are made out to' }),
    is_system: Type.Boolean({ description: 'Whether this is the API of this server itself' }),
    ...fields,
    ...extras,
    signing_secret: signingSecret,
  }),
);
// The last is a field of the wire that no API here has.
export const API_FIELDS = [...Object.keys(serverSchema.properties), 'client_id'];

export const listQuery = {
  identifiers: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      maxItems: 100,
      description: 'Only these identifiers',
    }),
  ),
  ...fieldsQuery(API_FIELDS),
};

/** A scope named twice is one scope; the last description counts. */
export function uniqueScopes<T extends { value: string }>(scopes: T[]): T[] {
  return [...new Map(scopes.map((scope) => [scope.value, scope])).values()];
}

/** What a body changes of an API's settings. */
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

/** Who shortens the lifetime alone shortens both. */
export function shortenedForWeb(
  before: ResourceServerSettings,
  changes: ResourceServerSettings,
): ResourceServerSettings {
  const { tokenLifetime, tokenLifetimeForWeb } = changes;
  if (tokenLifetime === undefined || tokenLifetimeForWeb !== undefined) return changes;
  const forWeb = Math.min(before.tokenLifetimeForWeb ?? tokenLifetime, tokenLifetime);
  return { ...changes, tokenLifetimeForWeb: forWeb };
}

/** @throws ApiError 400 when the two lifetimes don't fit together */
export function checkLifetimes({ tokenLifetime, tokenLifetimeForWeb }: ResourceServerSettings) {
  if ((tokenLifetimeForWeb ?? 0) <= (tokenLifetime ?? Number.POSITIVE_INFINITY)) return;
  throw badRequest('token_lifetime_for_web cannot be greater than token_lifetime.');
}

/**
 * The secret to be kept with a change.
 * @param before the settings as they are; empty for a new API
 * @throws ApiError 400 for a secret that nothing is signed with
 */
export function signingSecretFor(
  key: Buffer,
  before: ResourceServerSettings,
  body: Static<typeof patchBody>,
): Pick<ResourceServerSettings, 'signingSecret'> {
  const alg = body.signing_alg ?? before.signingAlg;
  if (alg !== 'HS256') {
    if (body.signing_secret === undefined) return {};
    throw badRequest('signing_secret is only for an API whose signing_alg is HS256.');
  }
  if (body.signing_secret === undefined && before.signingSecret !== undefined) return {};
  return { signingSecret: sealSigningSecret(key, body.signing_secret ?? randomAlnum(64)) };
}

/** @param key for what is encrypted at rest */
export function toServerWire(server: ResourceServer, key: Buffer) {
  const { id, identifier, name, scopes, settings, isSystem } = server;
  const { user, client } = settings.subjectTypeAuthorization ?? {};
  return {
    ...shownBy(API_EFFECTS),
    id,
    // Tools know by this name which API they must leave alone.
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
