import type { Effects } from '../route/route.ts';

const PAGES = 'pages are made with branding, themes and the page template';
const OUTLIVES = 'every session outlives the browser';
const LEGACY = 'what this switches on is not offered';

const off = (because: string) => ({ only: [false], because, shown: true }) as const;
const on = (because: string) => ({ only: [true], because, shown: true }) as const;

// Auth0's own tool for moving tenants takes these for mistakes of whoever shows them.
const NOT_SHOWN = [
  'disable_impersonation',
  'allow_changing_enable_sso',
  'remove_alg_from_jwks',
  'genai_trial',
  'custom_domains_provisioning',
];

/** Of the flags of the body of PATCH /tenants/settings, but for the two that have an effect. */
const FLAGS: Effects = Object.fromEntries(
  Object.entries({
    change_pwd_flow_v1: off(LEGACY),
    enable_apis_section: on('APIs are always there'),
    disable_impersonation: on('nobody can act as somebody else'),
    enable_client_connections: off('a new application has the connections that it is given'),
    enable_pipeline2: on('it is how every login goes'),
    allow_legacy_delegation_grant_types: off(LEGACY),
    allow_legacy_ro_grant_types: off(LEGACY),
    allow_legacy_tokeninfo_endpoint: off(LEGACY),
    enable_legacy_profile: off(LEGACY),
    enable_idtoken_api2: off(LEGACY),
    enable_sso: on('people log in once for all applications'),
    allow_changing_enable_sso: off('people log in once for all applications'),
    disable_clickjack_protection_headers: off('no page of this server may be framed'),
    no_disclose_enterprise_connections: on('there are none to disclose'),
    enable_adfs_waad_email_verification: off('there is no login with outside providers'),
    revoke_refresh_token_grant: off('a revoked refresh token ends alone'),
    dashboard_log_streams_next: off('there are no log streams'),
    dashboard_insights_view: off('there is no such view'),
    disable_fields_map_fix: off('there is no login with outside providers'),
    mfa_show_factor_list_on_enrollment: on('people choose where there is more than one factor'),
    remove_alg_from_jwks: off('each key is published with its algorithm'),
    improved_signup_bot_detection_in_classic: off('there is no bot detection'),
    genai_trial: off('there is no such trial'),
    enable_dynamic_client_registration: off('applications do not register themselves'),
    disable_management_api_sms_obfuscation: off('phone numbers are masked'),
    trust_azure_adfs_email_verified_connection_property: off(
      'there is no login with outside providers',
    ),
    custom_domains_provisioning: off('domains are added by themselves'),
  }).map(([name, { only, because }]) => [
    `flags.${name}`,
    { only, because, shown: !NOT_SHOWN.includes(name) },
  ]),
);

/** Of the body of PATCH /tenants/settings. */
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
      // Hours are shown.
      { only: [value], because: OUTLIVES, shown: !name.endsWith('_in_minutes') },
    ]),
  ),
  change_password: { only: [{}], off: {}, because: PAGES },
  guardian_mfa_page: { only: [{}], off: {}, because: PAGES },
  'device_flow.charset': {
    only: ['base20'],
    because: 'codes are made of these letters',
    shown: true,
  },
  'device_flow.mask': { only: ['****-****'], because: 'codes have this form', shown: true },
  'error_page.html': { only: [''], because: PAGES },
  'error_page.show_log_link': {
    only: [false],
    because: 'the page of an error shows its request id',
    shown: false,
  },
  default_token_quota: { only: [], off: {}, because: 'tokens are not counted' },
  sandbox_version: { only: ['22'], because: 'there are no scripts', shown: true },
  legacy_sandbox_version: { only: [''], because: 'there are no scripts' },
  security_headers: {
    only: [{}],
    off: {},
    because: 'pages of this server have security headers of its own',
  },
  'session_cookie.mode': { only: ['persistent'], because: OUTLIVES, shown: true },
  'sessions.oidc_logout_prompt_enabled': off('logging out asks only whom it can not be sure of'),
  'oidc_logout.rp_logout_end_session_endpoint_discovery': on(
    'the discovery document always names it',
  ),
  customize_mfa_in_postlogin_action: off('there are no actions'),
  acr_values_supported: { only: [[]], because: 'the discovery document names none' },
  'mtls.enable_endpoint_aliases': off('clients do not show certificates'),
  pushed_authorization_requests_supported: on('/oauth/par is always there'),
  authorization_response_iss_parameter_supported: on('the answer always names its issuer'),
  skip_non_verifiable_callback_uri_confirmation_prompt: on(
    'nobody is asked about a callback address',
  ),
  resource_parameter_profile: {
    only: ['audience'],
    because: 'an API is asked for by `audience`',
    shown: true,
  },
  client_id_metadata_document_supported: off('applications do not register themselves'),
  enable_ai_guide: off('there is none'),
  phone_consolidated_experience: off('texts for codes are set with the factor'),
  include_session_metadata_in_tenant_logs: off('the tenant log has none'),
  dynamic_client_registration_security_mode: {
    only: [],
    because: 'applications do not register themselves',
  },
  country_codes: { only: [], off: {}, because: 'phone numbers of all countries are taken' },
};
