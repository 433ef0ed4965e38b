import { type Static, Type } from 'typebox';
import { epochSeconds } from '../../../platform/clock/clock.ts';
import { isSocial } from '../../../records/connections/connections.ts';
import type { IdentityTokens } from '../../../records/identity-tokens/identity-tokens.ts';
import type { User } from '../../../records/users/users.ts';

const identitySchema = Type.Object({
  connection: Type.String({ description: 'Name of the connection' }),
  user_id: Type.String({
    description: 'ID of the user at the provider, without the provider prefix',
  }),
  provider: Type.String(),
  isSocial: Type.Boolean(),
  access_token: Type.Optional(
    Type.String({
      description: 'Access token of the provider. Only for callers with `read:user_idp_tokens`.',
    }),
  ),
  refresh_token: Type.Optional(
    Type.String({
      description: 'Refresh token of the provider. Only for callers with `read:user_idp_tokens`.',
    }),
  ),
  expires_in: Type.Optional(
    Type.Integer({ description: 'Seconds until the access token of the provider ends' }),
  ),
  profileData: Type.Optional(
    Type.Object(
      {
        email: Type.Optional(Type.String()),
        email_verified: Type.Optional(Type.Boolean()),
        name: Type.Optional(Type.String()),
        username: Type.Optional(Type.String()),
        given_name: Type.Optional(Type.String()),
        family_name: Type.Optional(Type.String()),
        nickname: Type.Optional(Type.String()),
        picture: Type.Optional(Type.String()),
        phone_number: Type.Optional(Type.String()),
        phone_verified: Type.Optional(Type.Boolean()),
      },
      { description: 'The profile of a linked identity' },
    ),
  ),
});

export const identitiesSchema = Type.Array(identitySchema);

export type WireIdentity = Static<typeof identitySchema>;

/**
 * An identity without its profile.
 * @param name name of the connection
 */
export function toWireIdentity(account: User, name: string): WireIdentity {
  const separator = account.id.indexOf('|');
  const provider = account.id.slice(0, separator);
  return {
    connection: name,
    user_id: account.id.slice(separator + 1),
    provider,
    isSocial: isSocial(provider),
  };
}

/** Tokens of a provider. `null`: there are none, or the caller may not see them. */
export function toWireTokens(
  tokens: IdentityTokens | null,
  now: Date,
): Pick<WireIdentity, 'access_token' | 'refresh_token' | 'expires_in'> {
  if (tokens === null) return {};
  const { accessToken, refreshToken, expiresAt } = tokens;
  const left = expiresAt === null ? null : epochSeconds(new Date(expiresAt)) - epochSeconds(now);
  return {
    ...(accessToken !== null && { access_token: accessToken }),
    ...(refreshToken !== null && { refresh_token: refreshToken }),
    ...(left !== null && { expires_in: Math.max(0, left) }),
  };
}

type Profile = Pick<
  User,
  | 'email'
  | 'emailVerified'
  | 'name'
  | 'username'
  | 'givenName'
  | 'familyName'
  | 'nickname'
  | 'picture'
> &
  Partial<Pick<User, 'phoneNumber' | 'phoneVerified'>>;

/** The profile of an identity: of one from a provider, the provider's words. */
export function toProfileData(account: Profile): NonNullable<WireIdentity['profileData']> {
  const { phoneNumber = null, phoneVerified = null } = account;
  return {
    ...(account.email !== null && { email: account.email, email_verified: account.emailVerified }),
    ...(account.name !== null && { name: account.name }),
    ...(account.username !== null && { username: account.username }),
    ...(account.givenName !== null && { given_name: account.givenName }),
    ...(account.familyName !== null && { family_name: account.familyName }),
    ...(account.nickname !== null && { nickname: account.nickname }),
    ...(account.picture !== null && { picture: account.picture }),
    ...(phoneNumber !== null && { phone_number: phoneNumber }),
    ...(phoneVerified !== null && { phone_verified: phoneVerified }),
  };
}
