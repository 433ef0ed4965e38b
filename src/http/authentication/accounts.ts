import type { Account, FindAccount } from 'oidc-provider';
import { isOutdated, mayUse } from '../../flows/log-in/log-in.ts';
import type { Db } from '../../platform/db/db.ts';
import { findUser, type User } from '../../records/users/users.ts';
import { refused } from './audiences.ts';
import { userClaims } from './claims.ts';
import { organizationClaims, organizationIn, organizationOf } from './organization-claims.ts';
import { stillIn } from './organization-tokens.ts';

/**
 * Tells the library who a session, code or token belongs to; nobody when that login counts no more, or when the person is in a
 * user store that this application may not use: a session is shared by all applications.
 */
export function createFindAccount(db: Db): FindAccount {
  return async (ctx, sub, token) => {
    const user = await findUser(db, sub);
    if (user === null) return undefined;
    const atTokenEndpoint = ctx.oidc.route === 'token';
    if (user.blocked === true) {
      if (atTokenEndpoint) throw refused(403, 'unauthorized', 'user is blocked');
      return undefined;
    }
    const begunAt = atTokenEndpoint ? loginOf(token) : ctx.oidc.session?.loginTs;
    if (isFromBefore(user, begunAt)) return undefined;
    const clientId = ctx.oidc.client?.clientId;
    if (clientId !== undefined && !(await mayUse(db, user, clientId))) return undefined;
    const organizationId = atTokenEndpoint ? organizationOf(token) : organizationIn(ctx);
    if (atTokenEndpoint && organizationId !== null) await stillIn(db, organizationId, user);
    const account: Account = {
      accountId: sub,
      claims: async () => ({
        ...userClaims(user),
        ...(await organizationClaims(db, organizationId)),
      }),
    };
    return account;
  };
}

/**
 * A login from before the last change of password. Those are deleted with it; this catches one that another request was
 * writing back in that moment.
 */
function isFromBefore(user: User, loginAt: number | undefined): boolean {
  // It was within that second.
  return loginAt !== undefined && isOutdated(user, new Date((loginAt + 1) * 1000));
}

function loginOf(token: object | undefined): number | undefined {
  if (token === undefined || !('authTime' in token)) return undefined;
  return typeof token.authTime === 'number' ? token.authTime : undefined;
}
