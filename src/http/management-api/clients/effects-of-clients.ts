import type { Effects } from '../route/route.ts';

const NO_DELEGATION = 'no application can request tokens for another application';
const NO_PAGES = 'Usher shows its own login pages';
const NO_THIRD_PARTIES = 'Usher does not ask for consent, so all applications are first-party';

/** Grant types that /oauth/token or /authorize supports. */
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

/** Fields of the bodies of POST and PATCH /clients. */
export const CLIENT_EFFECTS: Effects = {
  app_type: {
    only: ['native', 'spa', 'regular_web', 'non_interactive'],
    because: 'Usher has no integrations with other services',
  },
  is_first_party: { only: [true], because: NO_THIRD_PARTIES },
  oidc_conformant: {
    only: [true],
    because: 'Usher treats every application as OpenID Connect specifies',
    shown: true,
  },
  'grant_types.*': { only: GRANT_TYPES, because: 'Usher supports no other grant types' },
  'jwt_configuration.alg': {
    only: ['RS256', 'PS256', 'HS256'],
    because: 'Usher supports no other algorithms',
  },
  'jwt_configuration.secret_encoded': {
    only: [false],
    because: 'Usher uses the secret as it is written',
  },
  'jwt_configuration.scopes': { only: [{}], off: {}, because: 'scopes belong to the API' },
  'refresh_token.policies': {
    only: [],
    because: 'a refresh token is valid only for the API of its first request',
  },
  allowed_clients: { only: [[]], because: NO_DELEGATION },
  client_aliases: { only: [[]], because: 'an application has only one ID' },
  sso: { only: [true], because: 'one login is valid for all applications' },
  sso_disabled: {
    only: [false],
    because: 'one login is valid for all applications',
    shown: true,
  },
  cross_origin_authentication: {
    only: [false],
    because: 'users enter passwords only on the pages of Usher',
    shown: true,
  },
  cross_origin_loc: { only: [''], because: 'users enter passwords only on the pages of Usher' },
  custom_login_page_on: { only: [true], because: NO_PAGES, shown: true },
  custom_login_page: { only: [''], because: NO_PAGES },
  custom_login_page_preview: { only: [''], because: NO_PAGES },
  form_template: { only: [''], because: 'Usher has no WS-Federation' },
  addons: { only: [{}], off: {}, because: 'Usher has no addons' },
  mobile: { only: [{}], off: {}, because: 'Usher does not verify applications with an app store' },
  native_social_login: {
    only: [],
    off: {},
    because: 'Usher does not exchange the tokens of other identity providers',
  },
  fedcm_login: { only: [], off: {}, because: 'Usher does not support FedCM' },
  encryption_key: { only: [], because: 'tokens are signed and not encrypted' },
  oidc_logout: {
    only: [{}],
    off: { backchannel_logout_initiators: { mode: 'custom', selected_initiators: [] } },
    because: 'Usher does not notify applications of a logout',
  },
  oidc_backchannel_logout: {
    only: [{}],
    off: { backchannel_logout_initiators: { mode: 'custom', selected_initiators: [] } },
    because: 'Usher does not notify applications of a logout',
  },
  session_transfer: {
    only: [],
    off: {
      enforce_cascade_revocation: true,
      enforce_device_binding: 'ip',
      enforce_online_refresh_tokens: true,
      delegation: { enforce_device_binding: 'ip' },
    },
    because: 'Usher does not transfer sessions between applications',
  },
  organization_discovery_methods: {
    only: [],
    because: 'users choose their organization or enter its name',
  },
  require_proof_of_possession: { only: [false], because: 'Usher does not bind tokens to a key' },
  signed_request_object: { only: [{}], off: {}, because: 'Usher does not support signed requests' },
  compliance_level: { only: ['none'], because: 'Usher enforces no compliance profile' },
  token_vault_privileged_access: { only: [], off: {}, because: 'Usher has no token vault' },
  skip_non_verifiable_callback_uri_confirmation_prompt: {
    only: [true],
    because: 'Usher does not ask users to confirm a callback URL',
  },
  token_exchange: { only: [], off: {}, because: 'Usher does not support token exchange' },
  par_request_expiry: { only: [60], because: 'a pushed request expires after 60 seconds' },
  token_quota: { only: [], off: {}, because: 'Usher has no token quotas' },
  resource_server_identifier: { only: [], because: 'an application cannot be an API' },
  third_party_security_mode: { only: [], because: NO_THIRD_PARTIES },
  redirection_policy: { only: ['allow_always'], because: NO_THIRD_PARTIES },
  express_configuration: { only: [], because: 'Usher has no Express Configuration' },
  my_organization_configuration: { only: [], because: 'Usher has no My Organization API' },
  async_approval_notification_channels: {
    only: [],
    because: 'Usher has no approval on another device',
  },
};
