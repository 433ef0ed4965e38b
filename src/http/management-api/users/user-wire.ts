import { type Static, Type } from 'typebox';
import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import { type Connection, isOwn } from '../../../records/connections/connections.ts';
import type { MigrationMark } from '../../../records/migrated-users/migrated-users.ts';
import { shownName, type User, type UserChanges } from '../../../records/users/users.ts';
import { badRequest, closed, freeObject, nullable, timestamp } from '../route/route.ts';
import { identitiesSchema, type WireIdentity } from './identity-wire.ts';

const email = Type.String({ format: 'email', description: "The user's email" });
const phone = Type.String({ pattern: '^\\+[0-9]{1,15}$', description: "The user's phone number" });
const shortName = (description: string) =>
  Type.String({ minLength: 1, maxLength: 150, description });
const longName = (description: string) =>
  Type.String({ minLength: 1, maxLength: 300, description });
const picture = Type.String({ format: 'uri', description: "A URI pointing to the user's picture" });
const username = Type.String({ minLength: 1, maxLength: 128, description: "The user's username" });
const blocked = Type.Boolean({ description: 'Whether this user was blocked by an administrator' });

export const createUserBody = closed({
  connection: Type.String({ minLength: 1, description: 'Name of the connection' }),
  email: Type.Optional(email),
  username: Type.Optional(username),
  phone_number: Type.Optional(phone),
  password: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: 'The initial password' }),
  ),
  user_id: Type.Optional(
    Type.String({
      maxLength: 255,
      pattern: '^\\S*$',
      description: 'ID of the user without its prefix. Usher makes one if it is absent.',
    }),
  ),
  name: Type.Optional(longName("The user's full name")),
  given_name: Type.Optional(shortName("The user's given name")),
  family_name: Type.Optional(shortName("The user's family name")),
  nickname: Type.Optional(longName("The user's nickname")),
  picture: Type.Optional(picture),
  blocked: Type.Optional(blocked),
  email_verified: Type.Optional(
    Type.Boolean({ description: 'Whether the email address is verified' }),
  ),
  phone_verified: Type.Optional(
    Type.Boolean({ description: 'Whether the phone number is verified' }),
  ),
  verify_email: Type.Optional(
    Type.Boolean({
      description:
        'Whether to send a verification email. Default: sends one if the email address is not verified.',
    }),
  ),
  user_metadata: Type.Optional(freeObject('Metadata that the user can change')),
  app_metadata: Type.Optional(freeObject('Metadata that only applications can change')),
});

export const updateUserBody = closed({
  blocked: Type.Optional(blocked),
  email_verified: Type.Optional(Type.Boolean()),
  email: Type.Optional(nullable(email)),
  phone_number: Type.Optional(nullable(phone)),
  phone_verified: Type.Optional(Type.Boolean()),
  user_metadata: Type.Optional(
    nullable(freeObject('Metadata, merged on its first level. `null` deletes a key.')),
  ),
  app_metadata: Type.Optional(
    nullable(freeObject('Metadata, merged on its first level. `null` deletes a key.')),
  ),
  given_name: Type.Optional(nullable(shortName("The user's given name"))),
  family_name: Type.Optional(nullable(shortName("The user's family name"))),
  name: Type.Optional(nullable(longName("The user's full name"))),
  nickname: Type.Optional(nullable(longName("The user's nickname"))),
  picture: Type.Optional(nullable(picture)),
  verify_email: Type.Optional(Type.Boolean()),
  verify_phone_number: Type.Optional(
    Type.Boolean({ description: 'Whether to send a text message that verifies the phone number' }),
  ),
  password: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 1024 }))),
  connection: Type.Optional(Type.String({ minLength: 1 })),
  client_id: Type.Optional(Type.String({ minLength: 1 })),
  username: Type.Optional(nullable(username)),
});

export const userSchema = Type.Object({
  blocked: Type.Optional(Type.Boolean()),
  created_at: timestamp('When the user was created'),
  email: Type.Optional(Type.String()),
  email_verified: Type.Optional(Type.Boolean()),
  family_name: Type.Optional(Type.String()),
  given_name: Type.Optional(Type.String()),
  identities: identitiesSchema,
  name: Type.Optional(Type.String()),
  nickname: Type.Optional(Type.String()),
  picture: Type.Optional(Type.String()),
  updated_at: timestamp('When the user was last changed'),
  user_id: Type.String(),
  user_metadata: Type.Optional(freeObject('Metadata that the user can change')),
  username: Type.Optional(Type.String()),
  phone_number: Type.Optional(Type.String()),
  phone_verified: Type.Optional(Type.Boolean()),
  last_password_reset: Type.Optional(timestamp('When the password was last set')),
  app_metadata: Type.Optional(freeObject('Metadata that only applications can change')),
  last_ip: Type.Optional(Type.String()),
  last_login: Type.Optional(timestamp('When the user last signed in')),
  logins_count: Type.Optional(Type.Integer()),
  migrated: Type.Optional(
    Type.Object(
      {
        by: Type.Union([Type.Literal('login'), Type.Literal('reset')], {
          description:
            '`login`: the directory has verified the password. `reset`: a new one was set here.',
        }),
        at: timestamp('When the user came'),
      },
      { description: 'How the user came from the legacy user directory of its connection' },
    ),
  ),
});

export const partialUser = Type.Partial(userSchema);
// The last two are fields of the wire that no user has in Usher.
export const USER_FIELDS = [
  ...Object.keys(userSchema.properties),
  'multifactor',
  'multifactor_last_modified',
];

export type WireUser = Static<typeof userSchema>;

/** A user in wire format. Fields without a value are omitted. */
export function toWireUser(
  user: User,
  pictureOf: PictureOf,
  { identities, migrated }: { identities: WireIdentity[]; migrated: MigrationMark | null },
): WireUser {
  const name = shownName(user);
  return {
    ...(user.blocked !== null && { blocked: user.blocked }),
    created_at: user.createdAt.toISOString(),
    ...(user.email !== null && { email: user.email, email_verified: user.emailVerified }),
    ...(user.familyName !== null && { family_name: user.familyName }),
    ...(user.givenName !== null && { given_name: user.givenName }),
    identities,
    ...(name !== null && { name }),
    ...(user.nickname !== null && { nickname: user.nickname }),
    picture: pictureOf({ ...user, name }),
    updated_at: user.updatedAt.toISOString(),
    user_id: user.id,
    ...(user.userMetadata && { user_metadata: user.userMetadata }),
    ...(user.username !== null && { username: user.username }),
    ...(user.phoneNumber !== null && { phone_number: user.phoneNumber }),
    ...(user.phoneVerified !== null && { phone_verified: user.phoneVerified }),
    ...(user.lastPasswordReset && { last_password_reset: user.lastPasswordReset.toISOString() }),
    ...(user.appMetadata && { app_metadata: user.appMetadata }),
    ...(user.lastIp !== null && { last_ip: user.lastIp }),
    ...(user.lastLogin && { last_login: user.lastLogin.toISOString() }),
    ...(user.loginsCount > 0 && { logins_count: user.loginsCount }),
    ...(migrated && { migrated: { by: migrated.way, at: migrated.at.toISOString() } }),
  };
}

/** Returns the fields that a POST and a PATCH set in the same way. */
export function profileOf(body: Static<typeof createUserBody> | Static<typeof updateUserBody>) {
  return {
    name: body.name,
    givenName: body.given_name,
    familyName: body.family_name,
    nickname: body.nickname,
    picture: body.picture,
    blocked: body.blocked,
    appMetadata: body.app_metadata,
    userMetadata: body.user_metadata,
  };
}

/** The fields of a PATCH body that change the user's row. */
export function toChanges(body: Static<typeof updateUserBody>): UserChanges {
  return {
    email: body.email,
    emailVerified: body.email_verified ?? (body.email === undefined ? undefined : false),
    username: body.username,
    phoneNumber: body.phone_number,
    phoneVerified: body.phone_verified ?? (body.phone_number === undefined ? undefined : false),
    ...profileOf(body),
  };
}

const EXCLUSIVE: [string, string][] = [
  ['password', 'email'],
  ['password', 'email_verified'],
  ['username', 'email'],
  ['username', 'email_verified'],
  ['username', 'password'],
];

/** Refuses pairs of fields that one PATCH cannot change together. */
export function refuseExclusive(body: Static<typeof updateUserBody>): void {
  for (const [one, other] of EXCLUSIVE) {
    if (one in body && other in body) {
      throw badRequest(
        `Cannot update ${one} and ${other} simultaneously`,
        'operation_not_supported',
      );
    }
  }
}

// Fields of a user that no request can set. Other unknown fields are ignored, because Auth0 accepts them too.
const READ_ONLY = [
  'user_id',
  '_id',
  'id',
  'identities',
  'created_at',
  'updated_at',
  'last_login',
  'last_ip',
  'logins_count',
  'last_password_reset',
  'multifactor',
  'multifactor_last_modified',
  'provider',
  'linked_to',
];

/** @throws ApiError 400 if the body contains a read-only field */
export function refuseReadOnly(body: object): void {
  const name = READ_ONLY.find((candidate) => candidate in body);
  if (name !== undefined) {
    throw badRequest(`Payload validation error: 'Additional properties not allowed: ${name}'.`);
  }
}

/** @throws ApiError 400 if another server keeps the users of this connection */
export function refuseForeign(connection: Connection): void {
  if (!isOwn(connection.strategy)) {
    throw badRequest(
      'Connection does not support user creation through the API. It must either be a database or passwordless connection.',
    );
  }
}
