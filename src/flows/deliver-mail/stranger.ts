import type { User } from '../../records/users/users.ts';

/** Stands for the reader of a mail who has no account, or of whom nothing is known but this. */
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
