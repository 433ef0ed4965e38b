import { type Static, type TSchema, Type } from 'typebox';
import type {
  ResourceServer,
  ResourceServerSettings,
} from '../../records/resource-servers/resource-servers.ts';
import { badRequest } from './errors.ts';
import { closed, freeObject, nullable, oneOf } from './wire.ts';

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
    description: '`RS256`, also when absent; others are refused in this version',
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
  skip_consent_for_verifiable_first_party_clients: Type.Boolean({
    description: 'Kept without effect: first-party clients never need consent',
  }),
  enforce_policies: Type.Boolean({
    description: 'Whether scopes of people’s tokens are limited to what these people may do',
  }),
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

const KEPT = 'Kept without effect';
const REFUSED = 'Only null in this version';
const extras = {
  allow_online_access: Type.Boolean({ description: KEPT }),
  allow_online_access_with_ephemeral_sessions: Type.Boolean({ description: KEPT }),
  authorization_details: nullable(Type.Array(Type.Unknown(), { description: KEPT })),
  consent_policy: nullable(
    oneOf(['transactional-authorization-with-mfa'], { description: REFUSED }),
  ),
  token_encryption: nullable(freeObject(REFUSED)),
  proof_of_possession: nullable(
    closed(
      {
        mechanism: oneOf(['mtls', 'dpop']),
        required: Type.Boolean(),
        required_for: Type.Optional(oneOf(['public_clients', 'all_clients'])),
      },
      { description: 'Kept; `required` is only false in this version' },
    ),
  ),
  authorization_policy: nullable(freeObject(REFUSED)),
};

const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Partial(Type.Object(properties)).properties;
const writable = {
  ...optional(fields),
  ...optional(extras),
  signing_secret: Type.Optional(
    Type.String({ minLength: 16, description: 'For HS256, which is refused in this version' }),
  ),
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
  }),
);
export const includeFields = {
  include_fields: Type.Optional(Type.Boolean({ description: 'Has no effect without `fields`' })),
};
export const listQuery = {
  identifiers: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      maxItems: 100,
      description: 'Only these identifiers',
    }),
  ),
  ...includeFields,
};

/** A scope named twice is one scope; the last description counts. */
export function uniqueScopes<T extends { value: string }>(scopes: T[]): T[] {
  return [...new Map(scopes.map((scope) => [scope.value, scope])).values()];
}

/** Throws 400 for a protection that isn't there: it must not look as if it were. */
function refuseUnsupported(body: Static<typeof patchBody>): void {
  if (!['RS256', 'PS256', undefined].includes(body.signing_alg)) {
    throw badRequest(
      `This version signs access tokens with RS256 or PS256, not with ${body.signing_alg}.`,
      'operation_not_supported',
    );
  }
  const asked = (['consent_policy', 'token_encryption', 'authorization_policy'] as const).filter(
    (name) => (body[name] ?? null) !== null,
  );
  const refused: string[] = [
    ...asked,
    ...(body.signing_secret === undefined ? [] : ['signing_secret']),
    ...(body.proof_of_possession?.required === true ? ['proof_of_possession.required'] : []),
  ];
  const [first] = refused;
  if (first === undefined) return;
  throw badRequest(`This version does not support ${first}.`, 'operation_not_supported');
}

/**
 * What a body changes of an API's settings.
 * @throws ApiError 400 for what this version does not do
 */
export function toSettings(body: Static<typeof patchBody>): ResourceServerSettings {
  refuseUnsupported(body);
  const settings: { [K in keyof ResourceServerSettings]: ResourceServerSettings[K] | undefined } = {
    signingAlg: body.signing_alg,
    tokenLifetime: body.token_lifetime,
    tokenLifetimeForWeb: body.token_lifetime_for_web,
    allowOfflineAccess: body.allow_offline_access,
    skipConsentForVerifiableFirstPartyClients: body.skip_consent_for_verifiable_first_party_clients,
    enforcePolicies: body.enforce_policies,
    tokenDialect: body.token_dialect,
    subjectTypeAuthorization: body.subject_type_authorization,
    extra: Object.fromEntries(Object.entries(body).filter(([name]) => name in extras)),
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

export function toServerWire({ id, identifier, name, scopes, settings, isSystem }: ResourceServer) {
  const { user, client } = settings.subjectTypeAuthorization ?? {};
  return {
    ...settings.extra,
    id,
    // Tools know by this name which API they must leave alone.
    name: isSystem ? 'Auth0 Management API' : (name ?? undefined),
    is_system: isSystem,
    identifier,
    scopes,
    signing_alg: settings.signingAlg,
    allow_offline_access: settings.allowOfflineAccess,
    token_lifetime: settings.tokenLifetime,
    token_lifetime_for_web: settings.tokenLifetimeForWeb,
    token_dialect: settings.tokenDialect,
    skip_consent_for_verifiable_first_party_clients:
      settings.skipConsentForVerifiableFirstPartyClients,
    enforce_policies: settings.enforcePolicies,
    subject_type_authorization: {
      user: { policy: user?.policy ?? 'allow_all' },
      client: { policy: client?.policy ?? 'require_client_grant' },
    },
  };
}
