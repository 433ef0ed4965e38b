import type { Effects } from '../route/route.ts';

const NO_DELEGATION = 'an application has no tokens made for another';
const NO_PAGES = 'the login pages are those of this server';
const NO_THIRD_PARTIES = 'all applications are your own, since consent is not asked for';

/** Grants that /oauth/token or /authorize knows. */
export const GRANT_TYPES = [
  'authorization_code',
  'implicit',
  'refresh_token',
  'client_credentials',
  'password',
  'http://auth0.com/oauth/grant-type/password-realm',
  'http://auth0.com/oauth/grant-type/passwordless/otp',
  'http://auth0.com/oauth/grant-type/mfa-oob',
  'http://auth0.com/oauth/grant-type/mfa-otp',
  'http://auth0.com/oauth/grant-type/mfa-recovery-code',
  'urn:ietf:params:oauth:grant-type:device_code',
] as const;

/** Of the bodies of POST and PATCH /clients. */
export const CLIENT_EFFECTS: Effects = {
  app_type: {
    only: ['native', 'spa', 'regular_web', 'non_interactive'],
    because: 'there are no integrations with single services',
  },
  is_first_party: { only: [true], because: NO_THIRD_PARTIES },
  oidc_conformant: {
    only: [true],
    because: 'every application is answered as OpenID Connect says',
    shown: true,
  },
  'grant_types.*': { only: GRANT_TYPES, because: 'there are no other grants' },
  'jwt_configuration.alg': {
    only: ['RS256', 'PS256', 'HS256'],
    because: 'other algorithms are not offered',
  },
  'jwt_configuration.secret_encoded': {
    only: [false],
    because: 'a secret is used as it is written',
  },
  'jwt_configuration.scopes': { only: [{}], off: {}, because: 'scopes are those of the API' },
  'refresh_token.policies': {
    only: [],
    because: 'a refresh token is for the API it was asked for with',
  },
  allowed_clients: { only: [[]], because: NO_DELEGATION },
  client_aliases: { only: [[]], because: 'an application is known by its id' },
  sso: { only: [true], because: 'people log in once for all applications' },
  sso_disabled: {
    only: [false],
    because: 'people log in once for all applications',
    shown: true,
  },
  cross_origin_authentication: {
    only: [false],
    because: 'passwords are typed on the pages of this server',
    shown: true,
  },
  cross_origin_loc: { only: [''], because: 'passwords are typed on the pages of this server' },
  custom_login_page_on: { only: [true], because: NO_PAGES, shown: true },
  custom_login_page: { only: [''], because: NO_PAGES },
  custom_login_page_preview: { only: [''], because: NO_PAGES },
  form_template: { only: [''], because: 'there is no WS-Federation' },
  addons: { only: [{}], off: {}, because: 'there are no addons' },
  mobile: { only: [{}], off: {}, because: 'applications are not verified with a store' },
  native_social_login: { only: [], off: {}, because: 'there is no login with outside providers' },
  fedcm_login: { only: [], off: {}, because: 'there is no login with outside providers' },
  encryption_key: { only: [], because: 'tokens are signed and not encrypted' },
  oidc_logout: {
    only: [{}],
    off: { backchannel_logout_initiators: { mode: 'custom', selected_initiators: [] } },
    because: 'applications are not told of a logout',
  },
  oidc_backchannel_logout: {
    only: [{}],
    off: { backchannel_logout_initiators: { mode: 'custom', selected_initiators: [] } },
    because: 'applications are not told of a logout',
  },
  session_transfer: {
    only: [],
    off: {
      enforce_cascade_revocation: true,
      enforce_device_binding: 'ip',
      enforce_online_refresh_tokens: true,
      delegation: { enforce_device_binding: 'ip' },
    },
    because: 'sessions are not handed from one application to another',
  },
  organization_discovery_methods: {
    only: [],
    because: 'people choose their organization or name it',
  },
  require_proof_of_possession: { only: [false], because: 'tokens are not bound to a key' },
  signed_request_object: { only: [{}], off: {}, because: 'requests are not signed' },
  compliance_level: { only: ['none'], because: 'no profile is enforced as a whole' },
  token_vault_privileged_access: { only: [], off: {}, because: 'there is no token vault' },
  skip_non_verifiable_callback_uri_confirmation_prompt: {
    only: [true],
    because: 'nobody is asked about a callback address',
  },
  token_exchange: { only: [], off: {}, because: 'tokens are not exchanged' },
  par_request_expiry: { only: [60], because: 'a pushed request is good for a minute' },
  token_quota: { only: [], off: {}, because: 'tokens are not counted' },
  resource_server_identifier: { only: [], because: 'an application is not an API' },
  third_party_security_mode: { only: [], because: NO_THIRD_PARTIES },
  redirection_policy: { only: ['allow_always'], because: NO_THIRD_PARTIES },
  express_configuration: { only: [], because: 'there is no Express Configuration' },
  my_organization_configuration: { only: [], because: 'there is no My Organization API' },
  async_approval_notification_channels: {
    only: [],
    because: 'nobody is asked to approve something on another device',
  },
};
