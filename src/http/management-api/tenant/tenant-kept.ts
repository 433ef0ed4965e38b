import { type TSchema, Type } from 'typebox';
import { closed, nullable, oneOf } from '../route/route.ts';

const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);
const flag = (description: string) => Type.Boolean({ description });

const customPage = (description: string) =>
  nullable(closed({ enabled: maybe(Type.Boolean()), html: maybe(Type.String()) }, { description }));
const quota = closed({
  client_credentials: closed(
    {
      enforce: maybe(Type.Boolean()),
      per_day: maybe(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
      per_hour: maybe(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    },
    { minProperties: 1 },
  ),
});
const policy = closed({
  mode: maybe(oneOf(['enforcing', 'reporting'])),
  directives: maybe(
    Type.Unsafe<Record<string, string[]>>({
      type: 'object',
      maxProperties: 30,
      additionalProperties: { type: 'array', items: { type: 'string', maxLength: 2048 } },
    }),
  ),
  flags: maybe(Type.Array(oneOf(['upgrade-insecure-requests', 'block-all-mixed-content']))),
  reporting: maybe(
    nullable(closed({ report_uri: maybe(Type.String()), report_to_group: maybe(Type.String()) })),
  ),
});
const reportTo = closed({
  group: maybe(Type.String()),
  max_age: maybe(Type.Integer()),
  endpoints: maybe(Type.Array(closed({ url: maybe(Type.String()) }))),
});
const securityHeaders = closed({
  content_security_policy: maybe(
    nullable(
      closed({
        enabled: maybe(Type.Boolean()),
        policies: maybe(Type.Array(policy)),
        reporting_infrastructure: maybe(
          nullable(
            closed({
              report_to: maybe(nullable(reportTo)),
              reporting_endpoints: maybe(
                Type.Unsafe<Record<string, string>>({
                  type: 'object',
                  additionalProperties: { type: 'string' },
                }),
              ),
            }),
          ),
        ),
      }),
    ),
  ),
  x_xss_protection: maybe(
    nullable(
      closed({
        enabled: maybe(Type.Boolean()),
        mode: maybe(oneOf(['block'])),
        report_uri: maybe(Type.String()),
      }),
    ),
  ),
});

/**
 * Settings that have no column in the records. `effects-of-tenant.ts` says which values they can have. Settings with more
 * than one possible value are stored as they come, and read elsewhere by their names.
 */
export const kept = {
  change_password: customPage('Page on which users set a password'),
  guardian_mfa_page: customPage('Page of the second factor'),
  device_flow: nullable(
    closed(
      {
        charset: maybe(
          oneOf(['base20', 'digits'], { description: 'Character set of the user code' }),
        ),
        mask: maybe(Type.String({ maxLength: 20, description: 'Mask of the user code' })),
      },
      { description: 'Device Flow configuration' },
    ),
  ),
  error_page: nullable(
    closed(
      {
        html: maybe(Type.String()),
        show_log_link: maybe(Type.Boolean()),
        url: maybe(
          Type.String({
            format: 'absolute-uri-or-empty',
            description: 'URL to which users are redirected instead of the error page',
          }),
        ),
      },
      { description: 'Error page customization' },
    ),
  ),
  default_token_quota: nullable(
    closed({ clients: maybe(quota), organizations: maybe(quota) }, { minProperties: 1 }),
  ),
  sandbox_version: Type.String({ maxLength: 8 }),
  legacy_sandbox_version: Type.String({ maxLength: 8 }),
  security_headers: nullable(securityHeaders),
  session_cookie: nullable(
    closed(
      { mode: oneOf(['persistent', 'non-persistent'], { description: 'Session cookie mode' }) },
      { description: 'Session cookie configuration' },
    ),
  ),
  sessions: nullable(
    closed({
      oidc_logout_prompt_enabled: maybe(
        flag('Whether to ask for confirmation before an OpenID Connect logout'),
      ),
    }),
  ),
  oidc_logout: closed({
    rp_logout_end_session_endpoint_discovery: maybe(
      flag('Whether the discovery document contains `end_session_endpoint`'),
    ),
  }),
  customize_mfa_in_postlogin_action: nullable(Type.Boolean()),
  allow_organization_name_in_authentication_api: nullable(
    flag('Whether requests can give the name of an organization instead of its ID'),
  ),
  acr_values_supported: nullable(
    Type.Array(Type.String({ format: 'acr' }), { description: 'Supported ACR values' }),
  ),
  mtls: nullable(closed({ enable_endpoint_aliases: maybe(Type.Boolean()) })),
  pushed_authorization_requests_supported: nullable(
    flag('Whether the server accepts pushed authorization requests'),
  ),
  authorization_response_iss_parameter_supported: nullable(
    flag('Whether authorization responses contain `iss`'),
  ),
  skip_non_verifiable_callback_uri_confirmation_prompt: nullable(Type.Boolean()),
  resource_parameter_profile: oneOf(['audience', 'compatibility'], {
    description: 'Parameter with which requests name the API',
  }),
  client_id_metadata_document_supported: Type.Boolean(),
  enable_ai_guide: Type.Boolean(),
  phone_consolidated_experience: Type.Boolean(),
  include_session_metadata_in_tenant_logs: Type.Boolean(),
  dynamic_client_registration_security_mode: oneOf(['strict', 'permissive']),
  country_codes: nullable(
    closed({
      list: maybe(Type.Array(Type.String({ minLength: 2, maxLength: 2, pattern: '^[A-Z]{2}$' }))),
      mode: maybe(oneOf(['allow', 'deny'])),
    }),
  ),
};
