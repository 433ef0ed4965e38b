import { type TSchema, Type } from 'typebox';
import {
  type Connection,
  isOwn,
  isShownAsButton,
  mapDirectorySecrets,
} from '../../../records/connections/connections.ts';
import { closed, freeObject, nullable, oneOf, shownBy } from '../route/route.ts';
import { optionsWithEffect } from './connection-options.ts';
import { STRATEGIES } from './connection-strategies.ts';
import { knownOptions } from './database-options.ts';
import { CONNECTION_EFFECTS, STRATEGY_EFFECTS } from './effects-of-connections.ts';

const options = Type.Object(knownOptions.properties, {
  additionalProperties: true,
  description: 'Options of the connection. An update replaces all of them.',
});

const displayName = Type.String({ maxLength: 128, description: 'Name that users see' });
const enabledClients = Type.Array(Type.String({ maxLength: 64 }), {
  maxItems: 1000,
  description:
    'IDs of the applications that use the connection. PATCH /connections/{id}/clients is the better way to set them.',
});
const realms = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
  maxItems: 100,
  description: 'Other names by which requests can name the connection. Default: its name.',
});
const metadata = Type.Record(Type.String(), nullable(Type.String({ maxLength: 255 })), {
  maxProperties: 10,
  description: 'Up to 10 strings of up to 255 characters',
});

const settings = {
  is_domain_connection: Type.Boolean(),
  show_as_button: Type.Boolean(),
  authentication: closed(
    { active: Type.Boolean() },
    { description: 'Whether users can sign in with the connection' },
  ),
  connected_accounts: closed({
    active: Type.Boolean(),
    cross_app_access: Type.Optional(Type.Boolean()),
  }),
  cross_app_access_requesting_app: closed({ active: Type.Boolean() }),
};

const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Partial(Type.Object(properties)).properties;

export const createBody = closed({
  name: Type.String({
    maxLength: 128,
    pattern: '^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$',
    description: 'Name of the connection. It cannot be changed.',
  }),
  strategy: oneOf(STRATEGIES, { description: 'Strategy. `auth0` is a database of this server.' }),
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
    id: Type.String({ description: 'ID of the connection, as an import needs it' }),
    name: Type.String(),
    display_name: displayName,
    strategy: Type.String(),
    options: freeObject('Options of the connection'),
    realms: Type.Array(Type.String()),
    enabled_clients: enabledClients,
    metadata: freeObject('Up to 10 strings'),
    ...settings,
  }),
);

export const CONNECTION_FIELDS = Object.keys(connectionSchema.properties);

/** Options of a new connection beside those in the request. */
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

function isUsable(strategy: string): boolean {
  return STRATEGY_EFFECTS.strategy.only.includes(strategy);
}

export function toConnectionWire(connection: Connection, clientIds: string[]) {
  return {
    id: connection.id,
    options: mapDirectorySecrets(
      isUsable(connection.strategy)
        ? optionsWithEffect(connection.strategy, connection.options)
        : connection.options,
      () => undefined,
    ),
    strategy: connection.strategy,
    name: connection.name,
    display_name: connection.displayName ?? undefined,
    metadata: connection.metadata ?? undefined,
    ...shownBy(CONNECTION_EFFECTS),
    show_as_button: isOwn(connection.strategy) || isShownAsButton(connection),
    enabled_clients: clientIds,
    realms: connection.realms,
  };
}
