import { type TSchema, Type } from 'typebox';
import { closed, freeObject, nullable, oneOf } from '../route/route.ts';

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
        default: Type.Optional(
          oneOf(['en_10k', 'en_100k'], {
            description:
              'Which common passwords are refused. `en_100k`, which counts unless told, also refuses what is made of little more than such ones',
          }),
        ),
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

/** Options of a database. */
const known = {
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
  enumeration: oneOf(['hide', 'as_auth0'], {
    description:
      'Whether the answer to a sign-up tells that there is an account. `hide`: it ends by mail, the same for all; needs an e-mail at sign-up. `as_auth0`, the default: it tells',
  }),
  brute_force_protection: on('Slow down whoever guesses passwords'),
  import_mode: on('Copy people from an older user store at their first login'),
  enabledDatabaseCustomization: on('Ask an older user store'),
  customScripts: freeObject('Scripts for an older user store'),
  configuration: nullable(freeObject('Secrets of the scripts')),
  non_persistent_attrs: nullable(Type.Array(Type.String())),
  authentication_methods: nullable(freeObject('Which ways to log in there are')),
  passkey_options: nullable(freeObject('How passkeys are offered')),
  mfa: freeObject('Whether a second factor is asked for'),
  strategy_version: Type.Integer(),
};

/** With their types. */
export const knownOptions = Type.Partial(Type.Object(known));
