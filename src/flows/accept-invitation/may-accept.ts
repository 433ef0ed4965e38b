import type { Db } from '../../platform/db/db.ts';
import { findUser, linkedIdentities, type User } from '../../records/users/users.ts';
import { fittingAccount } from './judge-account.ts';
import type { Found } from './view-invitation.ts';

/** Returns the user if the invitation takes one of their accounts now, or `null`. Changes nothing. The acceptance judges again. */
export async function mayAccept(db: Db, view: Found, userId: string): Promise<User | null> {
  const user = await findUser(db, userId);
  if (user === null || user.blocked) return null;
  const linked = (await linkedIdentities(db, [userId])).get(userId) ?? [];
  return fittingAccount(view, [user, ...linked]) === null ? null : user;
}
