import { type TSchema, Type } from 'typebox';
import {
  badRequest,
  closed,
  type Effects,
  hasEffect,
  nullable,
  validatorFor,
  withEffects,
} from '../route/route.ts';
import { isUseless } from './custom-database-rules.ts';
import { knownOptions } from './database-options.ts';
import { DATABASE_EFFECTS, PASSWORDLESS_EFFECTS } from './effects-of-connections.ts';
import { providerOptions } from './provider-options.ts';

type Options = Record<string, unknown>;

const maybe = (type: string) => Type.Optional(Type.Unsafe<unknown>({ type }));
const text = (maxLength: number) => Type.Optional(nullable(Type.String({ maxLength })));

/** Options of a passwordless connection. */
const passwordless = Type.Object({
  disable_signup: maybe('boolean'),
  brute_force_protection: maybe('boolean'),
  totp: Type.Optional(
    closed(
      {
        length: Type.Optional(Type.Integer({ minimum: 4, maximum: 12 })),
        time_step: Type.Optional(Type.Integer({ minimum: 60, maximum: 3600 })),
      },
      { description: 'Length of the code, and its lifetime in seconds' },
    ),
  ),
  email: Type.Optional(
    closed({ subject: text(2000), body: text(512 * 1024), from: text(2000), syntax: text(50) }),
  ),
  template: text(2000),
  name: text(128),
  syntax: text(50),
  strategy_version: maybe('integer'),
  authParams: Type.Optional(Type.Unsafe<unknown>({ type: ['object', 'string', 'null'] })),
  non_persistent_attrs: Type.Optional(Type.Unsafe<unknown>({ type: ['array', 'null'] })),
});

function kindOf(strategy: string): { schema: TSchema; effects: Effects } {
  const provider = providerOptions(strategy);
  if (provider !== null) return provider;
  return strategy === 'auth0'
    ? { schema: knownOptions, effects: DATABASE_EFFECTS }
    : { schema: passwordless, effects: PASSWORDLESS_EFFECTS };
}

const validators = new Map<string, (data: unknown) => void>();

/**
 * Refuses options that would be stored without effect: unknown options, and options with another value than the only one
 * that Usher supports.
 * @throws ApiError 400
 */
export function refuseOptionsWithoutEffect(strategy: string, options: Options): void {
  const { schema, effects } = kindOf(strategy);
  const unknown = Object.keys(options).find((name) => !isOption(schema, name));
  if (unknown !== undefined) {
    throw badRequest(
      `Payload validation error: 'must be left out, because a connection of strategy ${strategy} has no such option' on property options.${unknown}.`,
    );
  }
  let validate = validators.get(strategy);
  if (!validate) {
    const checked: TSchema = withEffects(schema, effects);
    validate = validatorFor(Type.Object({ options: checked }), 'body');
    validators.set(strategy, validate);
  }
  validate({ options });
}

function isOption(schema: TSchema & { properties?: object }, name: string): boolean {
  return Object.hasOwn(schema.properties ?? {}, name);
}

/** Options as GET shows them. Options without effect that an earlier version stored are omitted. */
export function optionsWithEffect(strategy: string, options: Options): Options {
  const { schema, effects } = kindOf(strategy);
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => {
      if (!isOption(schema, name)) return false;
      if (strategy === 'auth0' && isUseless(options, name)) return false;
      const effect = effects[name];
      return effect === undefined || hasEffect(effect, value);
    }),
  );
}
