import type { Effect, Effects } from './effects.ts';

const NO_PROVIDERS = 'there is no login with outside providers';
const NO_ORGANIZATION_API = 'there is no My Organization API';
const NO_QUOTAS = 'tokens are not counted';
const NO_PUSH = 'nothing is pushed to devices';

/** Of the bodies of POST and PATCH /resource-servers. */
export const API_EFFECTS: Effects = {
  signing_alg: { only: ['RS256', 'PS256', 'HS256'], because: 'other algorithms are not offered' },
  skip_consent_for_verifiable_first_party_clients: {
    only: [true],
    because: 'people are not asked whether an application of yours may act for them',
    shown: true,
  },
  allow_online_access: { only: [false], because: 'no token is bound to a session' },
  allow_online_access_with_ephemeral_sessions: {
    only: [false],
    because: 'no token is bound to a session',
  },
  authorization_details: { only: [[]], because: 'there are no rich authorization requests' },
  consent_policy: { only: [], because: 'there are no transactions that people consent to' },
  authorization_policy: { only: [], because: 'there are no authorization policies' },
  token_encryption: { only: [], because: 'tokens are signed and not encrypted' },
  proof_of_possession: {
    only: [],
    off: { mechanism: 'mtls', required_for: 'public_clients' },
    because: 'tokens are not bound to a key',
  },
};

/** Of client grants. */
export const GRANT_EFFECTS: Effects = {
  authorization_details_types: {
    only: [[]],
    because: 'there are no rich authorization requests',
  },
};
export const NEW_GRANT_EFFECTS: Effects = {
  ...GRANT_EFFECTS,
  default_for: { only: [], because: 'each client has grants of its own' },
};

/** Of organizations. */
export const ORGANIZATION_EFFECTS: Effects = {
  token_quota: { only: [], off: {}, because: NO_QUOTAS },
};
const AS_BUTTON: Effect = {
  only: [true],
  because: 'connections here have no button to be hidden',
};
export const NEW_ORGANIZATION_EFFECTS: Effects = {
  ...ORGANIZATION_EFFECTS,
  'enabled_connections.*.show_as_button': AS_BUTTON,
};
/** Of the connections of an organization. */
export const ENABLED_CONNECTION_EFFECTS: Effects = { show_as_button: AS_BUTTON };
/** The same by their newer name. */
export const ORGANIZATION_CONNECTION_EFFECTS: Effects = {
  ...ENABLED_CONNECTION_EFFECTS,
  organization_connection_name: { only: [], because: NO_ORGANIZATION_API },
  organization_access_level: { only: ['none'], because: NO_ORGANIZATION_API },
  is_enabled: {
    only: [true],
    because: 'a connection is disabled by deleting it from the organization',
  },
};

/** Of PATCH /prompts. */
export const PROMPT_EFFECTS: Effects = {
  universal_login_experience: { only: ['new'], because: 'there is one', shown: true },
  identifier_first: {
    only: [false],
    because: 'name and password are asked for on one page',
    shown: true,
  },
  webauthn_platform_first_factor: { only: [false], because: 'there are no passkeys', shown: true },
};
const OWN_SCREENS = 'screens are drawn by this server';
/** Of one screen of a prompt. */
export const SCREEN_EFFECTS: Effects = {
  rendering_mode: { only: ['standard'], because: OWN_SCREENS, shown: true },
  context_configuration: { only: [[]], because: OWN_SCREENS, shown: true },
  default_head_tags_disabled: { only: [false], because: OWN_SCREENS, shown: true },
  use_page_template: { only: [false], because: OWN_SCREENS, shown: true },
  head_tags: { only: [[]], because: OWN_SCREENS, shown: true },
  filters: { only: [], off: {}, because: OWN_SCREENS },
};
export const SCREENS_EFFECTS: Effects = Object.fromEntries(
  Object.entries(SCREEN_EFFECTS).map(([name, effect]) => [`configs.*.${name}`, effect]),
);

/** Of a theme. */
export const THEME_EFFECTS: Effects = {
  'colors.read_only_background': { only: [], because: 'pages have no field that is only read' },
  'colors.captcha_widget_theme': { only: ['auto'], because: 'there are no captchas' },
  'widget.social_buttons_layout': { only: ['bottom'], because: NO_PROVIDERS },
};

const NO_MAIL = 'administrators are told of nothing by mail';
/** Of /attack-protection/suspicious-ip-throttling. */
export const SUSPICIOUS_IP_EFFECTS: Effects = {
  'shields.*': { only: ['block'], because: NO_MAIL },
  'stage.pre-custom-token-exchange': {
    only: [{ max_attempts: 10, rate: 600_000 }],
    because: 'tokens are not exchanged',
    shown: true,
  },
};
/** Of /attack-protection/breached-password-detection. */
export const BREACHED_EFFECTS: Effects = {
  'shields.*': { only: ['block'], because: 'nobody is told of it by mail' },
  admin_notification_frequency: { only: [[]], because: NO_MAIL, shown: true },
  method: { only: ['standard'], because: 'there is one list', shown: true },
  'stage.pre-user-registration.shields.*': { only: ['block'], because: NO_MAIL },
  'stage.pre-change-password.shields.*': { only: ['block'], because: NO_MAIL },
};

/** Factors that can be switched on are not in here. */
export const FACTOR_EFFECTS: Record<string, Effect> = {
  'push-notification': { only: [false], because: NO_PUSH },
  duo: { only: [false], because: 'Duo is not asked' },
  'webauthn-roaming': { only: [false], because: 'there are no security keys' },
  'webauthn-platform': { only: [false], because: 'there are no passkeys' },
};
/** Of the providers of such factors, whatever their fields are called. */
export const FACTOR_PROVIDER_EFFECT: Effect = {
  only: [false, ''],
  because: 'the factor can not be switched on',
};
export const PUSH_EFFECTS: Effects = { provider: { only: ['guardian'], because: NO_PUSH } };
/** Of POST /guardian/enrollments/ticket. */
export const ENROLLMENT_EFFECTS: Effects = {
  factor: { only: ['phone', 'email', 'otp'], because: 'other factors can not be enrolled' },
};
/** Of PATCH /users/{id}. */
export const USER_EFFECTS: Effects = {
  verify_phone_number: {
    only: [false],
    because: 'no text confirms the phone number of an account; phone_verified says that it is',
  },
};
/** Of POST /users/{id}/authentication-methods. */
export const METHOD_EFFECTS: Effects = {
  type: {
    only: ['phone', 'email', 'totp'],
    because: 'there are no passkeys and no security keys',
  },
};

/** Of /emails/provider. */
export const MAIL_SERVER_EFFECTS: Effects = {
  name: {
    only: ['smtp'],
    because:
      'other services are used through their SMTP endpoint, with its host, port, user and password',
  },
  settings: { only: [], off: {}, because: 'a mail server has no further settings' },
};
/** Templates of mails that are never sent; their `enabled`. */
export const TEMPLATE_EFFECT: Effect = { only: [false], because: 'this mail is never sent' };

/** Of custom domains. */
export const DOMAIN_EFFECTS: Effects = {
  tls_policy: { only: [], because: 'TLS is that of the server or of its proxy' },
  custom_client_ip_header: { only: [''], because: 'TRUST_PROXY says which addresses are believed' },
  relying_party_identifier: { only: [], because: 'there are no passkeys' },
};
export const NEW_DOMAIN_EFFECTS: Effects = {
  ...DOMAIN_EFFECTS,
  type: { only: ['self_managed_certs'], because: 'certificates are yours' },
};
