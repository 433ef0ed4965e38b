import type { TokenEndpointGrantContext } from 'oidc-provider';
import { noteCompletedLogin } from '../../../flows/second-factor/second-factor.ts';
import { epochSeconds } from '../../../platform/clock/clock.ts';
import type { Client } from '../../../records/clients/clients.ts';
import type { User } from '../../../records/users/users.ts';
import { defaultAudience, nameLogin } from '../tokens/tokens.ts';
import type { GrantDeps } from './grant-deps.ts';
import { issueTokens } from './issue-tokens.ts';
import { runScriptsOfGrant } from './scripted-grants.ts';
import { requireSecondFactor } from './second-factor-gate.ts';
import { addressOf } from './token-address.ts';
import { field } from './token-params.ts';

/**
 * Finishes a login at the token endpoint after the first factor: answers with the requested tokens.
 * @param login.gty the claim of the same name
 * @param login.amr the methods of the first factor (RFC 8176)
 * @throws 403 `mfa_required` if the user must show a second factor
 */
export async function finishGrant(
  deps: GrantDeps,
  ctx: TokenEndpointGrantContext,
  login: { user: User; client: Client; gty: string; amr: string[] },
): Promise<void> {
  const { user, client, gty, amr } = login;
  const fallback = () => defaultAudience(deps.catalog, client.id);
  const audience = field(ctx, 'audience') ?? (await fallback()) ?? undefined;
  const wanted = { scope: field(ctx, 'scope'), audience, gty, amr };
  const ip = addressOf(ctx, client);
  const asked = await runScriptsOfGrant(deps, ctx, {
    userId: user.id,
    protocol: 'oauth2-password',
    amr,
    authTime: epochSeconds(deps.clock.now()),
    audience: audience ?? null,
    scopes: wanted.scope?.split(' ') ?? [],
    organizationId: null,
    refreshTokenId: null,
  });
  const session = nameLogin(ctx);
  await requireSecondFactor(deps, { ...wanted, user, client, asked, session, ip });
  ctx.body = await issueTokens(deps, ctx, { ...wanted, userId: user.id });
  await noteCompletedLogin(deps, { userId: user.id, origin: { ip, browser: null } });
}
