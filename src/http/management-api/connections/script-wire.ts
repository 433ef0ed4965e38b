import { type Static, Type } from 'typebox';
import type { TrialAnswer, TrialArgs } from '../../../flows/try-scripts/try-scripts.ts';
import { closed, freeObject } from '../route/route.ts';

type Profile = Extract<TrialAnswer, { kind: 'found' }>['profile'];

const text = (description: string) => Type.Optional(Type.String({ maxLength: 2048, description }));

/** What a script is asked with. */
export const argsSchema = closed(
  {
    identifier: text('Email address or user name, for login and get_user'),
    password: text('Password, for login, create and change_password'),
    email: text('Email address, for create, verify, change_password and change_email'),
    new_email: text('New email address, for change_email'),
    email_verified: Type.Optional(
      Type.Boolean({ description: 'Whether the new address is verified, for change_email' }),
    ),
    user_id: text('ID of the user without `auth0|`, for delete'),
    username: text('User name, for create'),
    phone_number: text('Phone number, for create'),
    user_metadata: Type.Optional(freeObject('Metadata of the user, for create')),
    app_metadata: Type.Optional(freeObject('Metadata of the application, for create')),
  },
  { description: 'What the script is asked with' },
);

export const consoleLine = Type.Object({
  level: Type.String({ description: 'Such as `log` or `error`' }),
  text: Type.String(),
});

export const findingSchema = Type.Object({
  script: Type.String({ description: 'Name of the script' }),
  code: Type.String({ description: 'Kind of the finding, such as `random_user_id`' }),
  level: Type.Optional(
    Type.String({ description: '`error`, `warning`, or `hint` if no change is needed' }),
  ),
  message: Type.String(),
});

export function argsFrom(args: Static<typeof argsSchema>): TrialArgs {
  return defined({
    identifier: args.identifier,
    password: args.password,
    email: args.email,
    newEmail: args.new_email,
    isVerified: args.email_verified,
    id: args.user_id,
    username: args.username,
    phoneNumber: args.phone_number,
    userMetadata: args.user_metadata as Record<string, unknown> | undefined,
    appMetadata: args.app_metadata as Record<string, unknown> | undefined,
  });
}

/** Arguments without their secrets. Metadata of a new user may contain some too. */
export function argsToWire(args: TrialArgs) {
  const secret = (value: unknown) => (value === undefined ? undefined : '***');
  return defined({
    identifier: args.identifier,
    password: secret(args.password),
    email: args.email,
    new_email: args.newEmail,
    email_verified: args.isVerified,
    user_id: args.id,
    username: args.username,
    phone_number: args.phoneNumber,
    user_metadata: secret(args.userMetadata),
    app_metadata: secret(args.appMetadata),
  });
}

/** A profile in the words of `GET /users`. */
export function profileToWire(profile: Profile) {
  return {
    user_id: `auth0|${profile.id}`,
    email: profile.email,
    email_verified: profile.emailVerified,
    username: profile.username,
    phone_number: profile.phoneNumber,
    phone_verified: profile.phoneVerified,
    name: profile.name,
    given_name: profile.givenName,
    family_name: profile.familyName,
    nickname: profile.nickname,
    picture: profile.picture,
    blocked: profile.blocked,
    user_metadata: profile.userMetadata,
    app_metadata: profile.appMetadata,
    mfa_factors: profile.mfaFactors.length,
  };
}

function defined<T extends Record<string, unknown>>(
  values: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
