import { type TSchema, Type } from 'typebox';
import { closed, nullable, oneOf, rolesClaimName } from '../route/route.ts';

/** Any object. */
export const object = () =>
  Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true });
const strings = Type.Array(Type.String({ minLength: 1 }));

/**
 * Fields of the wire that have no column in the records. `effects-of-clients.ts` says which values they can have. Fields
 * with more than one possible value are stored as they come, and other parts of the server act on them.
 */
export const extras: Record<string, TSchema> = {
  allowed_clients: strings,
  client_aliases: strings,
  sso: Type.Boolean(),
  sso_disabled: Type.Boolean(),
  cross_origin_authentication: Type.Boolean(),
  cross_origin_loc: nullable(Type.String()),
  custom_login_page_on: Type.Boolean(),
  custom_login_page: Type.String(),
  custom_login_page_preview: Type.String(),
  form_template: Type.String(),
  is_token_endpoint_ip_header_trusted: Type.Boolean({
    description:
      'Whether the server reads the IP address of the user from the `auth0-forwarded-for` header',
  }),
  addons: object(),
  mobile: object(),
  native_social_login: nullable(object()),
  fedcm_login: nullable(object()),
  encryption_key: nullable(object()),
  oidc_logout: object(),
  oidc_backchannel_logout: object(),
  session_transfer: nullable(object()),
  default_organization: nullable(
    closed(
      {
        organization_id: Type.String({ maxLength: 50, description: 'ID of the organization' }),
        flows: Type.Array(oneOf(['client_credentials']), { minItems: 1 }),
      },
      { description: 'Default organization of client credentials tokens' },
    ),
  ),
  organization_usage: nullable(
    oneOf(['deny', 'allow', 'require'], { description: 'Whether users sign in to organizations' }),
  ),
  organization_require_behavior: nullable(
    oneOf(['no_prompt', 'pre_login_prompt', 'post_login_prompt'], {
      description: 'When users choose their organization',
    }),
  ),
  organization_discovery_methods: nullable(
    Type.Array(oneOf(['email', 'organization_name']), { minItems: 1 }),
  ),
  require_pushed_authorization_requests: Type.Boolean({
    description: 'Whether logins must start with a pushed authorization request (/oauth/par)',
  }),
  roles_claim: rolesClaimName,
  require_proof_of_possession: Type.Boolean(),
  signed_request_object: object(),
  compliance_level: nullable(
    oneOf([
      'none',
      'fapi1_adv_pkj_par',
      'fapi1_adv_mtls_par',
      'fapi2_sp_pkj_mtls',
      'fapi2_sp_mtls_mtls',
    ]),
  ),
  token_vault_privileged_access: object(),
  skip_non_verifiable_callback_uri_confirmation_prompt: nullable(Type.Boolean()),
  token_exchange: nullable(object()),
  par_request_expiry: nullable(Type.Integer({ minimum: 10, maximum: 600 })),
  token_quota: nullable(object()),
  resource_server_identifier: Type.String({ minLength: 1, maxLength: 600 }),
  third_party_security_mode: oneOf(['strict', 'permissive']),
  redirection_policy: oneOf(['allow_always', 'open_redirect_protection']),
  express_configuration: nullable(object()),
  my_organization_configuration: nullable(object()),
  async_approval_notification_channels: nullable(
    Type.Array(oneOf(['guardian-push', 'email']), { minItems: 1 }),
  ),
};
