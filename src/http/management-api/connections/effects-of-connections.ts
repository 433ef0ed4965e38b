import type { Effect, Effects } from '../route/route.ts';
import { PROVIDER_STRATEGIES } from './provider-options.ts';

const PROVIDERS = 'Usher has no login with other identity providers';
const PER_APPLICATION = 'connections are enabled for one application at a time';
const CODES = 'users of a database connection sign in with a password or a passkey';
const PASSWORDS = 'every database connection has passwords';

const BRUTE_FORCE: Effect = {
  only: [true],
  because: '/attack-protection/brute-force-protection disables it for all connections',
};
const NO_NAMES =
  'Usher changes passwords and email addresses in legacy user databases, but no other identifiers';
const NO_ATTRIBUTES: Effect = {
  only: [[]],
  because: 'attributes come from imports and from this API',
};

/** Fields of the body of POST /connections only. */
export const STRATEGY_EFFECTS = {
  strategy: { only: ['auth0', 'email', 'sms', ...PROVIDER_STRATEGIES], because: PROVIDERS },
} satisfies Effects;

/** Fields of the bodies of POST and PATCH /connections. */
export const CONNECTION_EFFECTS: Effects = {
  is_domain_connection: { only: [false], because: PER_APPLICATION, shown: true },
  authentication: {
    only: [{ active: true }],
    because: 'users can sign in with a connection if it is enabled for the application',
    shown: true,
  },
  connected_accounts: {
    only: [{ active: false }],
    off: {},
    because: 'Usher does not exchange the tokens of other identity providers',
    shown: true,
  },
  cross_app_access_requesting_app: {
    only: [{ active: false }],
    off: {},
    because: 'Usher does not exchange the tokens of other identity providers',
    shown: true,
  },
};

/** Fields of the bodies for a connection whose users Usher keeps. */
export const OWN_EFFECTS = {
  show_as_button: { only: [true], because: 'the login page shows the form of this connection' },
} satisfies Effects;

/** Options of a database connection, by their names in `options`. */
export const DATABASE_EFFECTS: Effects = {
  'customScripts.change_username': { only: [], because: NO_NAMES },
  'customScripts.change_phone_number': { only: [], because: NO_NAMES },
  mfa: {
    only: [true, false].flatMap((active) => [{ active, return_enroll_settings: true }, { active }]),
    because: 'only `active` can be set; it says whether users need a second factor',
  },
  strategy_version: { only: [2], because: 'there is only one version' },
  brute_force_protection: BRUTE_FORCE,
  'authentication_methods.password.enabled': { only: [true], because: PASSWORDS },
  'authentication_methods.password.api_behavior': { only: ['required'], because: PASSWORDS },
  'authentication_methods.password.signup_behavior': { only: ['allow'], because: PASSWORDS },
  'authentication_methods.email_otp.enabled': { only: [false], because: CODES },
  'authentication_methods.phone_otp.enabled': { only: [false], because: CODES },
  'attributes.email.identifier.default_method': { only: ['password'], because: CODES },
  'attributes.phone_number.identifier.default_method': { only: ['password'], because: CODES },
  'attributes.username.identifier.default_method': { only: ['password'], because: CODES },
  'attributes.email.verification_method': {
    only: ['link'],
    because: 'email addresses are verified by a link',
  },
  'attributes.email.unique': {
    only: [true],
    because: 'email addresses are unique in a connection',
  },
  'attributes.email.signup.verification.active': {
    only: [true],
    because: 'email addresses are always verified',
  },
  'attributes.phone_number.signup.verification.active': {
    only: [false],
    because: 'phone numbers are not verified at sign-up',
  },
};

/** Options of a passwordless connection. */
export const PASSWORDLESS_EFFECTS: Effects = {
  brute_force_protection: BRUTE_FORCE,
  name: { only: ['email', 'sms'], because: 'users see `display_name` instead' },
  syntax: { only: ['liquid', 'md_with_macros'], because: 'templates use Liquid or macros' },
  'email.syntax': { only: ['liquid'], because: 'templates use Liquid' },
  strategy_version: { only: [2], because: 'there is only one version' },
  authParams: { only: [{}, ''], because: 'there is no other identity provider to receive them' },
  non_persistent_attrs: NO_ATTRIBUTES,
};

// Connections to providers have an option of this name too, with other values.
const NOT_ONLY_OF_DATABASES = new Set(['strategy_version']);

/** The options of a database connection, by their paths in the body. */
export const OPTION_EFFECTS: Effects = Object.fromEntries(
  Object.entries(DATABASE_EFFECTS)
    .filter(([name]) => !NOT_ONLY_OF_DATABASES.has(name))
    .map(([name, effect]) => [`options.${name}`, effect]),
);
