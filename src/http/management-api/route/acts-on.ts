import type { Db } from '../../../platform/db/db.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import type { Caller } from './authenticate.ts';
import { ApiError, notFound } from './errors.ts';

/**
 * Whose account a request may act on: with one of `anyone` everybody's, else the caller's own, the route's other scopes being about
 * themselves.
 * @returns whether the caller acts on themselves, by such a scope alone
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

/** The answer about a user who isn't there, or no more. */
export function noUser(): ApiError {
  return notFound('The user does not exist.', 'inexistent_user');
}

/** As {@link userOf}; somebody who is blocked does nothing to their own account either, as long as their token lives. */
export async function targetOf(db: Db, id: string, isSelf: boolean): Promise<User> {
  const user = await userOf(db, id);
  if (isSelf && user.blocked === true) throw new ApiError(401, 'Invalid token.');
  return user;
}
