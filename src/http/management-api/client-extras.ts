import { type TSchema, Type } from 'typebox';
import { badRequest } from './errors.ts';
import { closed, freeObject, nullable, oneOf } from './wire.ts';

const KEPT = 'Kept without effect';
const kept = (schema: TSchema, description = KEPT) => ({ ...schema, description }) as TSchema;
const strings = Type.Array(Type.String({ minLength: 1 }));
const only = (what: string) => `Only ${what} in this version`;

/**
 * Fields of the wire that are kept and returned as they came, so that tools that manage clients find what they wrote. Other
 * parts of the server act on some of them.
 */
export const extras: Record<string, TSchema> = {
  allowed_clients: kept(strings),
  client_aliases: kept(strings),
  sso: kept(Type.Boolean()),
  sso_disabled: kept(Type.Boolean()),
  cross_origin_authentication: kept(Type.Boolean()),
  cross_origin_loc: kept(nullable(Type.String())),
  custom_login_page_on: kept(Type.Boolean()),
  custom_login_page: kept(Type.String()),
  custom_login_page_preview: kept(Type.String()),
  form_template: kept(Type.String()),
  is_token_endpoint_ip_header_trusted: kept(Type.Boolean()),
  addons: freeObject(KEPT),
  mobile: freeObject(KEPT),
  native_social_login: nullable(freeObject(KEPT)),
  fedcm_login: nullable(freeObject(KEPT)),
  encryption_key: nullable(freeObject(KEPT)),
  oidc_logout: freeObject(KEPT),
  oidc_backchannel_logout: freeObject(KEPT),
  session_transfer: nullable(freeObject(KEPT)),
  default_organization: nullable(
    closed(
      {
        organization_id: Type.String({ maxLength: 50, description: 'ID of the organization' }),
        flows: Type.Array(oneOf(['client_credentials'])),
      },
      { description: 'The organization of tokens for the client itself when none is named' },
    ),
  ),
  organization_usage: nullable(
    oneOf(['deny', 'allow', 'require'], { description: 'Whether people log in to organizations' }),
  ),
  organization_require_behavior: nullable(
    oneOf(['no_prompt', 'pre_login_prompt', 'post_login_prompt'], {
      description: 'When people are asked which organization they log in to',
    }),
  ),
  organization_discovery_methods: nullable(
    Type.Array(oneOf(['email', 'organization_name']), { minItems: 1, description: KEPT }),
  ),
  require_pushed_authorization_requests: kept(
    Type.Boolean(),
    'Whether logins must be pushed to /oauth/par first',
  ),
  require_proof_of_possession: kept(Type.Boolean(), only('false')),
  signed_request_object: freeObject(only('without credentials, and not required')),
  compliance_level: nullable(
    oneOf(
      [
        'none',
        'fapi1_adv_pkj_par',
        'fapi1_adv_mtls_par',
        'fapi2_sp_pkj_mtls',
        'fapi2_sp_mtls_mtls',
      ],
      { description: only('none') },
    ),
  ),
  token_vault_privileged_access: freeObject(only('without credentials')),
  skip_non_verifiable_callback_uri_confirmation_prompt: nullable(
    Type.Boolean({ description: KEPT }),
  ),
  token_exchange: nullable(freeObject(KEPT)),
  par_request_expiry: nullable(Type.Integer({ minimum: 10, maximum: 600, description: KEPT })),
  token_quota: nullable(freeObject(KEPT)),
  resource_server_identifier: Type.String({ minLength: 1, maxLength: 600, description: KEPT }),
  third_party_security_mode: oneOf(['strict', 'permissive'], { description: KEPT }),
  redirection_policy: oneOf(['allow_always', 'open_redirect_protection'], { description: KEPT }),
  express_configuration: nullable(freeObject(KEPT)),
  my_organization_configuration: nullable(freeObject(KEPT)),
  async_approval_notification_channels: nullable(
    Type.Array(oneOf(['guardian-push', 'email']), { minItems: 1, description: KEPT }),
  ),
};

/**
 * A protection that isn't there must not look as if it were.
 * @throws ApiError 400
 */
export function refuseUnsupported(body: object): void {
  const asked: Record<string, unknown> = { ...body };
  const refused = Object.keys(asked).find((name) => isUnsupported(name, asked[name]));
  if (refused === undefined) return;
  throw badRequest(
    refused === 'jwt_configuration'
      ? 'This version signs ID tokens with RS256 or PS256. HS256 needs a secret that can be read back, and secrets are kept as hashes.'
      : `This version does not support ${refused}.`,
    'operation_not_supported',
  );
}

function isUnsupported(name: string, value: unknown): boolean {
  switch (name) {
    case 'require_proof_of_possession':
      return value === true;
    case 'compliance_level':
      return value !== null && value !== 'none';
    case 'signed_request_object':
      return part(value, 'required') === true || hasItems(part(value, 'credentials'));
    case 'token_vault_privileged_access':
      return hasItems(part(value, 'credentials'));
    case 'jwt_configuration':
      return !['RS256', 'PS256', undefined].includes(part(value, 'alg') as string | undefined);
    default:
      return false;
  }
}

function part(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
