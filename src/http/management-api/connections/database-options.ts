import { type TSchema, Type } from 'typebox';
import { closed, freeObject, nullable, oneOf } from '../route/route.ts';
import { CONFIGURATION_LIMITS, MOST_SCRIPT_LENGTH, SCRIPT_NAMES } from './custom-database-rules.ts';
import { directoryOption } from './directory-options.ts';

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
        min_length: Type.Optional(count(1, 72, 'Minimum length, in characters')),
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
        custom: Type.Optional(words('Further words that passwords cannot contain')),
        default: Type.Optional(
          oneOf(['en_10k', 'en_100k'], {
            description:
              'List of common passwords that Usher refuses. `en_100k` also refuses passwords that contain little more than a common one. Default: `en_100k`.',
          }),
        ),
      }),
    ),
    history: Type.Optional(
      closed({
        active: Type.Optional(Type.Boolean()),
        size: Type.Optional(count(1, 24, 'Number of former passwords that cannot be used again')),
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
  { description: 'Password rules in their newer form. They override the older options.' },
);

/** Options of a database connection. */
const known = {
  passwordPolicy: nullable(
    oneOf(['none', 'low', 'fair', 'good', 'excellent'], {
      description: 'Strength that a new password must have',
    }),
  ),
  password_complexity_options: nullable(
    closed({
      min_length: Type.Optional(
        count(1, 128, 'Minimum length, in characters. Overrides the length in `passwordPolicy`.'),
      ),
    }),
  ),
  password_history: nullable(
    switched('enable', {
      size: Type.Optional(count(0, 24, 'Number of former passwords that cannot be used again')),
    }),
  ),
  password_no_personal_info: nullable(switched('enable')),
  password_dictionary: nullable(
    switched('enable', {
      dictionary: Type.Optional(words('Further words that passwords cannot contain')),
    }),
  ),
  password_options: passwordOptions,
  requires_username: on('Whether users have a username. Cannot be combined with `attributes`.'),
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
    {
      minProperties: 1,
      description: 'Identifiers of users, and attributes that users give at sign-up',
    },
  ),
  precedence: Type.Array(oneOf(['email', 'phone_number', 'username']), {
    minItems: 3,
    maxItems: 3,
    uniqueItems: true,
    description: 'Order in which Usher tries the identifiers',
  }),
  disable_signup: on(
    'Whether sign-up is disabled. With `true`, users come only by import, by invitation or through this API.',
  ),
  disable_self_service_change_password: on(
    'Whether users cannot request a password reset themselves',
  ),
  enumeration: oneOf(['hide', 'as_auth0'], {
    description:
      'Whether the response to a sign-up reveals that an account exists. `hide`: the sign-up ends with an email, whether or ' +
      'not an account exists; requires an email address at sign-up. `as_auth0`: the response reveals it. Default: `as_auth0`.',
  }),
  brute_force_protection: on('Whether brute-force protection slows down password guessing'),
  enabledDatabaseCustomization: on(
    'Whether the connection has a legacy user database: scripts, or a `directory`. It cannot change once the connection has users.',
  ),
  import_mode: on(
    'Whether users are copied at their first login, with the password that they typed. With `false`, the legacy user database keeps the passwords and is asked at every login.',
  ),
  directory: nullable(directoryOption),
  customScripts: closed(
    Object.fromEntries(
      SCRIPT_NAMES.map((name) => [
        name,
        Type.Optional(Type.String({ minLength: 1, maxLength: MOST_SCRIPT_LENGTH })),
      ]),
    ),
    {
      description:
        'Scripts that ask the legacy user database. Each is the source of one function. Usher checks the syntax when it stores them.',
    },
  ),
  configuration: nullable(
    Type.Record(
      Type.String({ maxLength: CONFIGURATION_LIMITS.name }),
      Type.String({ maxLength: CONFIGURATION_LIMITS.value }),
      {
        maxProperties: CONFIGURATION_LIMITS.values,
        description:
          'Values that the scripts read as `configuration`. Usher encrypts them. Responses show the encrypted values, which begin with `2.0$`. An encrypted value that is sent back stays as it is.',
      },
    ),
  ),
  enable_script_context: on(
    'Whether the scripts get a further argument before the callback, with the organization of the login. Once `true`, it stays `true`.',
  ),
  set_user_root_attributes: oneOf(['on_each_login', 'on_first_login', 'never_on_login'], {
    description:
      'When the name and the picture of a user follow the legacy user database. Default: `on_each_login`. With `import_mode`, users are copied once, so the only value is `on_first_login`. `never_on_login` is for identity providers only.',
  }),
  non_persistent_attrs: nullable(
    Type.Array(Type.String({ maxLength: 255 }), {
      maxItems: 96,
      description: 'Attributes from the legacy user database that are not stored',
    }),
  ),
  authentication_methods: nullable(
    closed(
      {
        password: Type.Optional(
          closed({
            enabled: Type.Optional(Type.Boolean()),
            api_behavior: Type.Optional(Type.String({ maxLength: 50 })),
            signup_behavior: Type.Optional(Type.String({ maxLength: 50 })),
          }),
        ),
        passkey: Type.Optional(
          closed({
            enabled: Type.Optional(on('Whether users can sign up and log in with passkeys')),
          }),
        ),
        email_otp: Type.Optional(closed({ enabled: Type.Optional(Type.Boolean()) })),
        phone_otp: Type.Optional(closed({ enabled: Type.Optional(Type.Boolean()) })),
      },
      { description: 'Methods with which users can sign in' },
    ),
  ),
  passkey_options: nullable(
    closed(
      {
        challenge_ui: Type.Optional(
          oneOf(['both', 'autofill', 'button'], {
            description:
              'Whether the login page has a button for passkeys, offers them in the list of the field for the name, or both. Default: `both`.',
          }),
        ),
        progressive_enrollment_enabled: Type.Optional(
          on(
            'Whether Usher offers a passkey to users who have logged in with a password. Default: `true`.',
          ),
        ),
        local_enrollment_enabled: Type.Optional(
          on(
            'Whether Usher offers a passkey for this device to users who have logged in with the passkey of another. Default: `true`.',
          ),
        ),
      },
      { description: 'Settings of passkeys' },
    ),
  ),
  mfa: freeObject('Whether users need a second factor'),
  strategy_version: count(1, 3, 'Version of the strategy'),
};

/** Options of a database connection with their types. */
export const knownOptions = Type.Partial(Type.Object(known));
