import type { Effect, Effects } from '../route/route.ts';

const SCRIPTS = 'an older user store is not asked';
const PROVIDERS = 'there is no login with outside providers';
const CODES = 'people of a database log in with a password';
const PASSKEYS = 'there are no passkeys';

const BRUTE_FORCE: Effect = {
  only: [true],
  because: 'it is switched off by /attack-protection/brute-force-protection',
};
const NO_ATTRIBUTES: Effect = {
  only: [[]],
  because: 'attributes come from imports and from this API',
};

/** Of the body of POST /connections alone. */
export const STRATEGY_EFFECTS = {
  strategy: { only: ['auth0', 'email', 'sms'], because: PROVIDERS },
} satisfies Effects;

/** Of the bodies of POST and PATCH /connections. */
export const CONNECTION_EFFECTS: Effects = {
  is_domain_connection: { only: [false], because: PROVIDERS, shown: true },
  show_as_button: { only: [true], because: 'connections here have no button to be hidden' },
  authentication: {
    only: [{ active: true }],
    because: 'people can log in where an application has the connection',
    shown: true,
  },
  connected_accounts: {
    only: [{ active: false }],
    off: {},
    because: 'tokens of outside providers are not kept',
    shown: true,
  },
  cross_app_access_requesting_app: {
    only: [{ active: false }],
    off: {},
    because: 'tokens of outside providers are not kept',
    shown: true,
  },
};

/** Of the options of a database; each by its name in the options. */
export const DATABASE_EFFECTS: Effects = {
  import_mode: { only: [false], because: SCRIPTS },
  enabledDatabaseCustomization: { only: [false], because: SCRIPTS },
  customScripts: { only: [{}], off: {}, because: SCRIPTS },
  configuration: { only: [{}], off: {}, because: SCRIPTS },
  non_persistent_attrs: NO_ATTRIBUTES,
  mfa: {
    only: [true, false].flatMap((active) => [{ active, return_enroll_settings: true }, { active }]),
    because:
      '`active` says whether its people are asked for a second factor; there is nothing else',
  },
  strategy_version: { only: [2], because: 'there is one version' },
  brute_force_protection: BRUTE_FORCE,
  authentication_methods: {
    only: [],
    off: { password: { enabled: true, api_behavior: 'required', signup_behavior: 'allow' } },
    because: 'a password is the one method of a database',
  },
  passkey_options: {
    only: [],
    off: {
      challenge_ui: 'both',
      progressive_enrollment_enabled: true,
      local_enrollment_enabled: true,
    },
    because: PASSKEYS,
  },
  'attributes.email.identifier.default_method': { only: ['password'], because: CODES },
  'attributes.phone_number.identifier.default_method': { only: ['password'], because: CODES },
  'attributes.username.identifier.default_method': { only: ['password'], because: CODES },
  'attributes.email.verification_method': {
    only: ['link'],
    because: 'an address is confirmed by a link',
  },
  'attributes.email.unique': { only: [true], because: 'an address is one account' },
  'attributes.email.signup.verification.active': {
    only: [true],
    because: 'an address is always confirmed',
  },
  'attributes.phone_number.signup.verification.active': {
    only: [false],
    because: 'a number is not confirmed at sign-up',
  },
};

/** Of the options of a connection whose people log in with codes. */
export const PASSWORDLESS_EFFECTS: Effects = {
  brute_force_protection: BRUTE_FORCE,
  name: { only: ['email', 'sms'], because: 'what people see is `display_name`' },
  syntax: { only: ['liquid', 'md_with_macros'], because: 'texts are Liquid, or have macros' },
  'email.syntax': { only: ['liquid'], because: 'texts are Liquid' },
  strategy_version: { only: [2], because: 'there is one version' },
  authParams: { only: [{}, ''], because: 'there is no outside provider to pass them to' },
  non_persistent_attrs: NO_ATTRIBUTES,
};

/** The options, as parts of the body. */
export const OPTION_EFFECTS: Effects = Object.fromEntries(
  Object.entries(DATABASE_EFFECTS).map(([name, effect]) => [`options.${name}`, effect]),
);
