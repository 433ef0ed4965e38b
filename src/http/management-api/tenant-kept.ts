import { type TSchema, Type } from 'typebox';
import { closed, nullable, oneOf } from './wire.ts';

const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);
const flag = (description: string) => Type.Boolean({ description });

const customPage = (description: string) =>
  nullable(
    closed(
      { enabled: maybe(flag('Kept without effect')), html: maybe(Type.String()) },
      { description },
    ),
  );
const quota = Type.Object(
  {
    client_credentials: closed(
      {
        enforce: maybe(Type.Boolean()),
        per_day: maybe(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
        per_hour: maybe(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
      },
      { minProperties: 1 },
    ),
  },
  { additionalProperties: true },
);
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

/** Settings that are stored and answered as they came. Those with an effect elsewhere are read from there by name. */
export const kept = {
  change_password: customPage('Page that sets a password; kept without effect'),
  guardian_mfa_page: customPage('Page of the second factor; kept without effect'),
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
        html: maybe(Type.String({ description: 'Kept without effect' })),
        show_log_link: maybe(flag('Kept without effect')),
        url: maybe(
          Type.String({
            format: 'absolute-uri-or-empty',
            description: 'Where people go instead of seeing the page of an error',
          }),
        ),
      },
      { description: 'Error page customization' },
    ),
  ),
  default_token_quota: nullable(
    closed(
      { clients: maybe(quota), organizations: maybe(quota) },
      { minProperties: 1, description: 'Kept without effect' },
    ),
  ),
  sandbox_version: Type.String({ maxLength: 8, description: 'Kept without effect' }),
  legacy_sandbox_version: Type.String({ maxLength: 8, description: 'Kept without effect' }),
  security_headers: nullable(securityHeaders),
  session_cookie: nullable(
    closed(
      { mode: oneOf(['persistent', 'non-persistent'], { description: 'Session cookie mode' }) },
      { description: 'Session cookie configuration' },
    ),
  ),
  sessions: nullable(
    closed({
      oidc_logout_prompt_enabled: maybe(flag('Whether to ask before an OpenID Connect logout')),
    }),
  ),
  oidc_logout: closed({
    rp_logout_end_session_endpoint_discovery: maybe(
      flag('Whether the discovery document names the end_session_endpoint'),
    ),
  }),
  customize_mfa_in_postlogin_action: nullable(flag('Kept without effect')),
  allow_organization_name_in_authentication_api: nullable(
    flag('Whether organizations may be named instead of given by id'),
  ),
  acr_values_supported: nullable(
    Type.Array(Type.String({ format: 'acr' }), { description: 'Supported ACR values' }),
  ),
  mtls: nullable(closed({ enable_endpoint_aliases: maybe(flag('Kept without effect')) })),
  pushed_authorization_requests_supported: nullable(
    flag('Whether pushed authorization requests are taken'),
  ),
  authorization_response_iss_parameter_supported: nullable(
    flag('Whether authorization responses carry `iss`'),
  ),
  skip_non_verifiable_callback_uri_confirmation_prompt: nullable(flag('Kept without effect')),
  resource_parameter_profile: oneOf(['audience', 'compatibility'], {
    description: 'Which parameter names the API',
  }),
  client_id_metadata_document_supported: flag('Kept without effect'),
  enable_ai_guide: flag('Kept without effect'),
  phone_consolidated_experience: flag('Kept without effect'),
  include_session_metadata_in_tenant_logs: flag('Kept without effect'),
  dynamic_client_registration_security_mode: oneOf(['strict', 'permissive'], {
    description: 'Kept without effect',
  }),
  country_codes: nullable(
    closed({
      list: maybe(Type.Array(Type.String({ minLength: 2, maxLength: 2, pattern: '^[A-Z]{2}$' }))),
      mode: maybe(oneOf(['allow', 'deny'])),
    }),
  ),
};
