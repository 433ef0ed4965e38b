import type { Account, FindAccount } from 'oidc-provider';
import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { findUser } from '../../../records/users/users.ts';
import { mayUseConnection } from '../../../steps/judge-standing/judge-standing.ts';
import type { LibraryClients } from '../clients/clients.ts';
import { oauthError } from '../oauth-error.ts';
import {
  effectsOf,
  invitationClaim,
  noteEffects,
  organizationClaims,
  organizationIn,
  organizationOf,
  requireMember,
  rolesClaim,
  rolesClaimOf,
  unscopedClaims,
  userClaims,
} from '../tokens/tokens.ts';
import { carriedBy } from './carry-effects.ts';

/**
 * Returns the function that finds the user of a session, code or token for the library. It finds nobody if that login has ended, or if the
 * user's connection is not enabled for the application or its organization, because all applications share a session.
 */
export function createFindAccount(
  deps: { db: Db; clock: Clock; pictureOf: PictureOf },
  clients: Pick<LibraryClients, 'recordOf'>,
): FindAccount {
  const { db, pictureOf } = deps;
  return async (ctx, sub, token) => {
    const user = await findUser(db, sub);
    if (user === null) return undefined;
    const carried = carriedBy(token);
    if (carried !== undefined) noteEffects(ctx, carried);
    const { client } = ctx.oidc;
    const clientId = client?.clientId ?? null;
    const atTokenEndpoint = ctx.oidc.route === 'token';
    if (user.blocked === true) {
      if (atTokenEndpoint) throw oauthError(403, 'unauthorized', 'user is blocked');
      return undefined;
    }
    const organizationId = atTokenEndpoint ? organizationOf(token) : organizationIn(ctx);
    if (atTokenEndpoint && organizationId !== null) await requireMember(db, organizationId, user);
    else if (!(await mayUseConnection(db, { user, clientId, organizationId }))) return undefined;
    const record = client && clients.recordOf(client);
    const account: Account = {
      accountId: sub,
      claims: async () => ({
        ...userClaims(user, pictureOf),
        ...(await organizationClaims(db, organizationId)),
        ...unscopedClaims({
          ...(ctx.oidc.route !== 'userinfo' && effectsOf(ctx)?.idToken),
          ...(await invitationClaim(deps, ctx, { userId: sub, clientId, token })),
          ...(await rolesClaim(db, rolesClaimOf(record), { userId: sub, organizationId })),
          // With an ID token of a first-party application, its user can link the account while this login is valid.
          ...(record?.settings.isFirstParty === true && {
            [loginEpoch.claim]: await loginEpoch.ofThisRequest(db, sub),
          }),
        }),
      }),
    };
    return account;
  };
}
