import type { Db } from '../../../platform/db/db.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import type { Caller } from './authenticate.ts';
import { ApiError, notFound } from './errors.ts';

/**
 * Checks on which user a request can act. With one of the scopes in `anyone`, on every user. With another scope of the
 * route, only on the user of the token.
 * @returns whether the caller can act only on themselves
 * @throws ApiError 403
 */
export function actsOnSelf(
  caller: Caller,
  userId: string,
  { anyone }: { anyone: readonly string[] },
): boolean {
  if (anyone.some((scope) => caller.scopes.has(scope))) return false;
  if (caller.subject === userId) return true;
  throw new ApiError(
    403,
    'User to be acted on does not match subject in bearer token.',
    'insufficient_scope',
  );
}

/** @throws ApiError 404 */
export async function userOf(db: Db, id: string): Promise<User> {
  const user = id.includes('\0') ? null : await findUser(db, id);
  if (!user) throw noUser();
  return user;
}

/** The response if a user does not exist or no longer exists. */
export function noUser(): ApiError {
  return notFound('The user does not exist.', 'inexistent_user');
}

/** Like {@link userOf}. Also refuses blocked users who act on themselves while their token is still valid. */
export async function targetOf(db: Db, id: string, isSelf: boolean): Promise<User> {
  const user = await userOf(db, id);
  if (isSelf && user.blocked === true) throw new ApiError(401, 'Invalid token.');
  return user;
}
