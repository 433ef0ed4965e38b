import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import { randomAlnum } from '../../../platform/ids/ids.ts';
import { acceptedDataOf } from '../../../records/invitations/invitations.ts';

/** The claim of an ID token with the data of the invitation that this login has accepted: `{ id, data }`. */
const INVITATION_CLAIM = 'https://usher.dev/invitation';

/** The login of each request at /oauth/token that logs in without a session. */
const logins = new WeakMap<KoaContextWithOIDC, string>();

/** Returns the name of the login of a request without a session. Its ID token carries the data of the invitations that it accepts. */
export function nameLogin(ctx: KoaContextWithOIDC): string {
  const name = logins.get(ctx) ?? randomAlnum(32);
  logins.set(ctx, name);
  return name;
}

/**
 * Returns the claim, for the login in which the invitation was accepted and its application. Tokens of other logins never have it, also
 * those that a refresh token brings.
 * @param token the code or refresh token that the request redeems
 */
export async function invitationClaim(
  { db, clock }: { db: Db; clock: Clock },
  ctx: KoaContextWithOIDC,
  about: { userId: string; clientId: string | null; token: unknown },
): Promise<Record<string, unknown>> {
  const session = logins.get(ctx) ?? sessionOf(ctx, about.token);
  const { userId, clientId } = about;
  if (session === undefined || clientId === null) return {};
  const accepted = await acceptedDataOf(db, { session, userId, clientId, now: clock.now() });
  return accepted === null ? {} : { [INVITATION_CLAIM]: accepted };
}

function sessionOf(ctx: KoaContextWithOIDC, token: unknown): string | undefined {
  if (ctx.oidc.route !== 'token') return ctx.oidc.session?.uid;
  if (typeof token !== 'object' || token === null || !('kind' in token)) return undefined;
  if (token.kind !== 'AuthorizationCode' || !('sessionUid' in token)) return undefined;
  return typeof token.sessionUid === 'string' ? token.sessionUid : undefined;
}
