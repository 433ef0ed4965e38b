import type { Account, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import { mayUse } from '../../../flows/log-in/log-in.ts';
import type { PictureOf } from '../../../platform/avatar/avatar.ts';
import type { Db } from '../../../platform/db/db.ts';
import { loginEpoch } from '../../../records/oidc-payloads/oidc-payloads.ts';
import { findUser, type User } from '../../../records/users/users.ts';
import { standingIn } from '../../../steps/judge-standing/judge-standing.ts';
import type { LibraryClients } from '../clients/clients.ts';
import { oauthError } from '../oauth-error.ts';
import {
  besides,
  organizationClaims,
  organizationIn,
  organizationOf,
  rolesClaim,
  rolesClaimOf,
  stillIn,
  userClaims,
} from '../tokens/tokens.ts';

/**
 * Returns the function that finds the user of a session, code or token for the library. It finds nobody if that login has ended, or if the
 * user's connection is not enabled for the application or its organization, because all applications share a session.
 */
export function createFindAccount(
  { db, pictureOf }: { db: Db; pictureOf: PictureOf },
  clients: Pick<LibraryClients, 'recordOf'>,
): FindAccount {
  return async (ctx, sub, token) => {
    const user = await findUser(db, sub);
    if (user === null) return undefined;
    const atTokenEndpoint = ctx.oidc.route === 'token';
    if (user.blocked === true) {
      if (atTokenEndpoint) throw oauthError(403, 'unauthorized', 'user is blocked');
      return undefined;
    }
    const organizationId = atTokenEndpoint ? organizationOf(token) : organizationIn(ctx);
    if (atTokenEndpoint && organizationId !== null) await stillIn(db, organizationId, user);
    else if (!(await isStoreUsable(db, ctx, { user, organizationId }))) return undefined;
    const { client } = ctx.oidc;
    const record = client && clients.recordOf(client);
    const account: Account = {
      accountId: sub,
      claims: async () => ({
        ...userClaims(user, pictureOf),
        ...(await organizationClaims(db, organizationId)),
        ...besides({
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

/** Returns whether the connection can be used: the organization's connections count, or without one the application's. */
async function isStoreUsable(
  db: Db,
  ctx: KoaContextWithOIDC,
  { user, organizationId }: { user: User; organizationId: string | null },
): Promise<boolean> {
  if (organizationId !== null) {
    return (await standingIn(db, { organizationId, user })).kind !== 'foreign_store';
  }
  const clientId = ctx.oidc.client?.clientId;
  return clientId === undefined || mayUse(db, user, clientId);
}
