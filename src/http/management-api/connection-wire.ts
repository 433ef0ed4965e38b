import { type TSchema, Type } from 'typebox';
import type { Connection } from '../../records/connections/connections.ts';
import { STRATEGIES } from './connection-strategies.ts';
import { closed, freeObject, nullable, oneOf } from './wire.ts';

const count = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description });
const switched = (name: 'enable' | 'active', more: Record<string, TSchema> = {}) =>
  closed({ [name]: Type.Boolean(), ...more });
const on = (description: string) => Type.Boolean({ description });
const words = (description: string) =>
  Type.Array(Type.String({ maxLength: 50 }), { maxItems: 200, description });

const signupStatus = Type.Optional(
  closed({
    status: Type.Optional(oneOf(['required', 'optional', 'inactive'])),
    verification: Type.Optional(closed({ active: Type.Optional(Type.Boolean()) })),
  }),
);
const identifier = Type.Optional(
  closed({
    active: Type.Optional(Type.Boolean()),
    default_method: Type.Optional(oneOf(['password', 'email_otp', 'phone_otp'])),
  }),
);

const passwordOptions = closed(
  {
    complexity: Type.Optional(
      closed({
        min_length: Type.Optional(count(1, 72, 'Characters')),
        character_types: Type.Optional(
          Type.Array(oneOf(['uppercase', 'lowercase', 'number', 'special'])),
        ),
        character_type_rule: Type.Optional(oneOf(['all', 'three_of_four'])),
        identical_characters: Type.Optional(oneOf(['allow', 'block'])),
        sequential_characters: Type.Optional(oneOf(['allow', 'block'])),
        max_length_exceeded: Type.Optional(oneOf(['truncate', 'error'])),
      }),
    ),
    dictionary: Type.Optional(
      closed({
        active: Type.Optional(Type.Boolean()),
        custom: Type.Optional(words('Words that are refused too')),
        default: Type.Optional(oneOf(['en_10k', 'en_100k'])),
      }),
    ),
    history: Type.Optional(
      closed({
        active: Type.Optional(Type.Boolean()),
        size: Type.Optional(count(1, 24, 'How many former passwords')),
      }),
    ),
    profile_data: Type.Optional(
      closed({
        active: Type.Optional(Type.Boolean()),
        blocked_fields: Type.Optional(
          Type.Array(Type.String({ maxLength: 100 }), { maxItems: 12 }),
        ),
      }),
    ),
  },
  { description: 'The password rules in their newer form; they win over the older options' },
);

/** Options this server knows have types; others are kept as they come. */
const knownOptions = {
  passwordPolicy: nullable(
    oneOf(['none', 'low', 'fair', 'good', 'excellent'], {
      description: 'How strong a new password must be',
    }),
  ),
  password_complexity_options: nullable(
    closed({ min_length: Type.Optional(count(1, 128, 'Characters; replaces that of the policy')) }),
  ),
  password_history: nullable(
    switched('enable', { size: Type.Optional(count(0, 24, 'How many former passwords')) }),
  ),
  password_no_personal_info: nullable(switched('enable')),
  password_dictionary: nullable(
    switched('enable', { dictionary: Type.Optional(words('Words that are refused too')) }),
  ),
  password_options: passwordOptions,
  requires_username: on('Whether people choose a username. Not together with `attributes`'),
  validation: nullable(
    closed({
      username: Type.Optional(
        nullable(closed({ min: count(1, 128, 'Characters'), max: count(1, 128, 'Characters') })),
      ),
    }),
  ),
  attributes: closed(
    {
      email: Type.Optional(
        closed({
          identifier,
          unique: Type.Optional(Type.Boolean()),
          profile_required: Type.Optional(Type.Boolean()),
          verification_method: Type.Optional(oneOf(['link', 'otp'])),
          signup: signupStatus,
        }),
      ),
      phone_number: Type.Optional(
        closed({
          identifier,
          profile_required: Type.Optional(Type.Boolean()),
          signup: signupStatus,
        }),
      ),
      username: Type.Optional(
        closed({
          identifier,
          profile_required: Type.Optional(Type.Boolean()),
          signup: signupStatus,
          validation: Type.Optional(
            closed({
              min_length: Type.Optional(count(1, 128, 'Characters')),
              max_length: Type.Optional(count(1, 128, 'Characters')),
              allowed_types: Type.Optional(
                closed({
                  email: Type.Optional(Type.Boolean()),
                  phone_number: Type.Optional(Type.Boolean()),
                }),
              ),
            }),
          ),
        }),
      ),
    },
    { minProperties: 1, description: 'What identifies people and what they give at sign-up' },
  ),
  precedence: Type.Array(oneOf(['email', 'phone_number', 'username']), {
    minItems: 3,
    maxItems: 3,
    uniqueItems: true,
    description: 'Which identifier is tried first',
  }),
  disable_signup: on(
    'People can not make accounts for themselves: they come by import or invitation',
  ),
  disable_self_service_change_password: on('People can not ask for a new password themselves'),
  brute_force_protection: on('Slow down whoever guesses passwords'),
  import_mode: on(
    'Copy people from an older user store at their first login; kept for a later version',
  ),
  enabledDatabaseCustomization: on('Ask an older user store; kept for a later version'),
  customScripts: freeObject('Scripts for an older user store; kept for a later version'),
  configuration: nullable(
    Type.Record(Type.String(), nullable(Type.String({ maxLength: 10_000 })), {
      description: 'Secrets of the scripts: encrypted at rest, and returned encrypted',
    }),
  ),
  non_persistent_attrs: nullable(Type.Array(Type.String())),
  authentication_methods: nullable(freeObject('Which ways to log in there are')),
  passkey_options: nullable(freeObject('How passkeys are offered')),
};

const options = Type.Object(Type.Partial(Type.Object(knownOptions)).properties, {
  additionalProperties: true,
  description: "The connection's options. A change replaces them all",
});

const displayName = Type.String({ maxLength: 128, description: 'Name shown to people' });
const enabledClients = Type.Array(Type.String({ maxLength: 64 }), {
  maxItems: 1000,
  description: 'Clients that may use it. Better: PATCH /connections/{id}/clients',
});
const realms = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
  maxItems: 100,
  description: 'Other names it may be asked for by; its own name unless told',
});
const metadata = Type.Record(Type.String(), nullable(Type.String({ maxLength: 255 })), {
  maxProperties: 10,
  description: 'Up to 10 strings of up to 255 characters',
});

/** Kept and returned as they came. */
const settings = {
  is_domain_connection: Type.Boolean({ description: 'Kept without effect' }),
  show_as_button: Type.Boolean({ description: 'Kept without effect' }),
  authentication: closed(
    { active: Type.Boolean() },
    { description: 'Whether people can log in with it' },
  ),
  connected_accounts: closed(
    { active: Type.Boolean(), cross_app_access: Type.Optional(Type.Boolean()) },
    { description: 'Kept without effect' },
  ),
  cross_app_access_requesting_app: closed(
    { active: Type.Boolean() },
    { description: 'Kept without effect' },
  ),
};

const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Partial(Type.Object(properties)).properties;

export const createBody = closed({
  name: Type.String({
    maxLength: 128,
    pattern: '^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$',
    description: 'The name of the connection. It never changes',
  }),
  strategy: oneOf(STRATEGIES, { description: '`auth0`: a database of this server' }),
  ...optional({
    display_name: displayName,
    options,
    enabled_clients: enabledClients,
    realms,
    metadata,
    ...settings,
  }),
});

export const patchBody = closed(
  optional({
    display_name: displayName,
    options: nullable(options),
    enabled_clients: nullable(enabledClients),
    realms,
    metadata,
    ...settings,
  }),
  { minProperties: 1 },
);

export const connectionSchema = Type.Partial(
  Type.Object({
    id: Type.String({ description: 'The id to use in an import' }),
    name: Type.String(),
    display_name: displayName,
    strategy: Type.String(),
    options: freeObject("The connection's options"),
    realms: Type.Array(Type.String()),
    enabled_clients: enabledClients,
    metadata: freeObject('Up to 10 strings'),
    ...settings,
  }),
);

export const CONNECTION_FIELDS = Object.keys(connectionSchema.properties);

/** The named settings of a body, for the record. */
export function settingsOf(body: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name in settings));
}

/** What a new connection has beside what was asked for. */
export function newOptions(asked: Record<string, unknown>): Record<string, unknown> {
  return {
    mfa: { active: true, return_enroll_settings: true },
    passwordPolicy: 'good',
    strategy_version: 2,
    authentication_methods: {
      password: { enabled: true, api_behavior: 'required' },
      passkey: { enabled: false },
      email_otp: { enabled: false },
      phone_otp: { enabled: false },
    },
    passkey_options: {
      challenge_ui: 'both',
      progressive_enrollment_enabled: true,
      local_enrollment_enabled: true,
    },
    brute_force_protection: true,
    ...asked,
  };
}

export function toConnectionWire(connection: Connection, clientIds: string[]) {
  return {
    id: connection.id,
    options: connection.options,
    strategy: connection.strategy,
    name: connection.name,
    display_name: connection.displayName ?? undefined,
    metadata: connection.metadata ?? undefined,
    is_domain_connection: false,
    authentication: { active: true },
    connected_accounts: { active: false },
    ...connection.settings,
    enabled_clients: clientIds,
    realms: connection.realms,
  };
}
