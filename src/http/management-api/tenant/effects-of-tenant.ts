import type { Effects } from '../route/route.ts';

const PAGES = 'branding, themes and the page template change the pages';
const OUTLIVES = 'sessions do not end when the browser closes';
const LEGACY = 'Usher does not have the feature that this enables';
const EACH_CONNECTION = 'each connection decides it (should_trust_email_verified_connection)';

const off = (because: string) => ({ only: [false], because, shown: true }) as const;
const on = (because: string) => ({ only: [true], because, shown: true }) as const;

// Auth0's Deploy CLI reports these flags as errors if the response contains them.
const NOT_SHOWN = [
  'disable_impersonation',
  'allow_changing_enable_sso',
  'remove_alg_from_jwks',
  'genai_trial',
  'custom_domains_provisioning',
];

/** Flags in the body of PATCH /tenants/settings, except the two that have an effect. */
const FLAGS: Effects = Object.fromEntries(
  Object.entries({
    change_pwd_flow_v1: off(LEGACY),
    enable_apis_section: on('APIs are always available'),
    disable_impersonation: on('Usher has no impersonation'),
    enable_client_connections: off(
      'a new application has only the connections that are enabled for it',
    ),
    enable_pipeline2: on('every login uses this pipeline'),
    allow_legacy_delegation_grant_types: off(LEGACY),
    allow_legacy_ro_grant_types: off(LEGACY),
    allow_legacy_tokeninfo_endpoint: off(LEGACY),
    enable_legacy_profile: off(LEGACY),
    enable_idtoken_api2: off(LEGACY),
    enable_sso: on('one login is valid for all applications'),
    allow_changing_enable_sso: off('one login is valid for all applications'),
    disable_clickjack_protection_headers: off('Usher allows no page in a frame'),
    no_disclose_enterprise_connections: on('Usher publishes no list of connections'),
    enable_adfs_waad_email_verification: off(EACH_CONNECTION),
    revoke_refresh_token_grant: off('revoking a refresh token does not end its grant'),
    dashboard_log_streams_next: off('Usher has no log streams'),
    dashboard_insights_view: off('Usher has no such view'),
    disable_fields_map_fix: off('Usher has no SAML'),
    mfa_show_factor_list_on_enrollment: on('users with more than one factor choose one'),
    remove_alg_from_jwks: off('each key is published with its algorithm'),
    improved_signup_bot_detection_in_classic: off('Usher has no bot detection'),
    genai_trial: off('Usher has no such trial'),
    enable_dynamic_client_registration: off('Usher has no dynamic client registration'),
    disable_management_api_sms_obfuscation: off('Usher masks phone numbers'),
    trust_azure_adfs_email_verified_connection_property: off(EACH_CONNECTION),
    custom_domains_provisioning: off('domains are at /custom-domains'),
  }).map(([name, { only, because }]) => [
    `flags.${name}`,
    { only, because, shown: !NOT_SHOWN.includes(name) },
  ]),
);

/** Fields of the body of PATCH /tenants/settings that have no effect. */
export const TENANT_EFFECTS: Effects = {
  ...FLAGS,
  ...Object.fromEntries(
    Object.entries({
      ephemeral_session_lifetime: 72,
      ephemeral_session_lifetime_in_minutes: 4320,
      idle_ephemeral_session_lifetime: 24,
      idle_ephemeral_session_lifetime_in_minutes: 1440,
    }).map(([name, value]) => [
      name,
      // GET shows the lifetimes in hours.
      { only: [value], because: OUTLIVES, shown: !name.endsWith('_in_minutes') },
    ]),
  ),
  change_password: { only: [{}], off: {}, because: PAGES },
  guardian_mfa_page: { only: [{}], off: {}, because: PAGES },
  'device_flow.charset': {
    only: ['base20'],
    because: 'codes consist of these characters',
    shown: true,
  },
  'device_flow.mask': { only: ['****-****'], because: 'codes have this form', shown: true },
  'error_page.html': { only: [''], because: PAGES },
  'error_page.show_log_link': {
    only: [false],
    because: 'the error page shows the request ID',
    shown: false,
  },
  default_token_quota: { only: [], off: {}, because: 'Usher has no token quotas' },
  sandbox_version: {
    only: ['22'],
    because: 'all scripts run in the same version of JavaScript',
    shown: true,
  },
  legacy_sandbox_version: {
    only: [''],
    because: 'all scripts run in the same version of JavaScript',
  },
  security_headers: {
    only: [{}],
    off: {},
    because: 'Usher sets its own security headers',
  },
  'session_cookie.mode': { only: ['persistent'], because: OUTLIVES, shown: true },
  'sessions.oidc_logout_prompt_enabled': off(
    'Usher asks for confirmation only if the request does not prove who logs out',
  ),
  'oidc_logout.rp_logout_end_session_endpoint_discovery': on(
    'the discovery document always contains it',
  ),
  customize_mfa_in_postlogin_action: off('Usher has no Actions'),
  acr_values_supported: { only: [[]], because: 'the discovery document contains none' },
  'mtls.enable_endpoint_aliases': off('clients do not use certificates'),
  pushed_authorization_requests_supported: on('/oauth/par is always available'),
  authorization_response_iss_parameter_supported: on('the response always contains its issuer'),
  skip_non_verifiable_callback_uri_confirmation_prompt: on(
    'Usher does not ask users to confirm a callback URL',
  ),
  resource_parameter_profile: {
    only: ['audience'],
    because: 'requests name the API in `audience`',
    shown: true,
  },
  client_id_metadata_document_supported: off('Usher has no dynamic client registration'),
  enable_ai_guide: off('Usher has no AI guide'),
  phone_consolidated_experience: off('the settings of the factor contain the texts'),
  include_session_metadata_in_tenant_logs: off('log entries contain no session metadata'),
  dynamic_client_registration_security_mode: {
    only: [],
    because: 'Usher has no dynamic client registration',
  },
  country_codes: { only: [], off: {}, because: 'Usher accepts phone numbers of all countries' },
};
