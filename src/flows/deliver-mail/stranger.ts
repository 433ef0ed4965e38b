import type { User } from '../../records/users/users.ts';

/** Returns a placeholder user for a reader who has no account, or of whom nothing else is known. */
export function strangerWith(
  known: Partial<User> & Pick<User, 'email' | 'connectionId' | 'createdAt'>,
): User {
  return {
    id: '',
    emailVerified: false,
    username: null,
    phoneNumber: null,
    phoneVerified: null,
    name: null,
    givenName: null,
    familyName: null,
    nickname: null,
    picture: null,
    blocked: null,
    appMetadata: null,
    userMetadata: null,
    lastIp: null,
    lastLogin: null,
    loginsCount: 0,
    lastPasswordReset: null,
    isUnproven: false,
    linkedTo: null,
    updatedAt: known.createdAt,
    ...known,
  };
}
