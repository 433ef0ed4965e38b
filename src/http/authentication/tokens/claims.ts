import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import type { User } from '../../../records/users/users.ts';

/** The claims of each scope (OpenID Connect Core 5.4, and Auth0's additional names). */
export const CLAIMS_OF_SCOPE = {
  openid: ['sub', 'org_id', 'org_name'],
  profile: ['nickname', 'name', 'given_name', 'family_name', 'picture', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
} as const;

export const OIDC_SCOPES = ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'];

export type UserClaims = { sub: string; [claim: string]: unknown };

/** Returns all claims of a user for tokens and /userinfo. */
export function userClaims(user: User, pictureOf: PictureOf): UserClaims {
  const name = user.name ?? user.email ?? user.username ?? user.phoneNumber ?? undefined;
  return {
    sub: user.id,
    nickname: user.nickname ?? user.email?.split('@')[0] ?? user.username ?? undefined,
    name,
    given_name: user.givenName ?? undefined,
    family_name: user.familyName ?? undefined,
    picture: pictureOf({ ...user, name: name ?? null }),
    updated_at: user.updatedAt.toISOString(),
    email: user.email ?? undefined,
    email_verified: user.email === null ? undefined : user.emailVerified,
    phone_number: user.phoneNumber ?? undefined,
    phone_number_verified: user.phoneNumber === null ? undefined : (user.phoneVerified ?? false),
  };
}

/** Returns those of {@link userClaims} that the scopes request. */
export function claimsOfScopes(
  user: User,
  scopes: ReadonlySet<string>,
  pictureOf: PictureOf,
): UserClaims {
  const all = userClaims(user, pictureOf);
  const chosen: UserClaims = { sub: user.id };
  for (const [scope, names] of Object.entries(CLAIMS_OF_SCOPE)) {
    if (!scopes.has(scope)) continue;
    for (const name of names) {
      if (name !== 'sub' && all[name] !== undefined) chosen[name] = all[name];
    }
  }
  return chosen;
}
