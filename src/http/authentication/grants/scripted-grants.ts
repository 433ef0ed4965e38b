import type { KoaContextWithOIDC } from 'oidc-provider';
import {
  type AskedFactor,
  type LoginActionsDeps,
  type Protocol,
  runLoginActions,
} from '../../../flows/run-login-actions/run-login-actions.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Db } from '../../../platform/db/db.ts';
import type { LibraryClients } from '../clients/clients.ts';
import { noteEffects, organizationOf, toAudience } from '../tokens/tokens.ts';
import { tokenError } from './token-error.ts';

export type ScriptedGrantDeps = LoginActionsDeps & {
  db: Db;
  clock: Clock;
  clients: LibraryClients;
};

/**
 * Runs the scripts of a login at the token endpoint, where no browser can be sent away.
 * @returns the second factor that they ask for
 * @throws the OAuth error with which they refuse the login
 */
export async function runScriptsOfGrant(
  deps: ScriptedGrantDeps,
  ctx: KoaContextWithOIDC,
  login: {
    userId: string;
    protocol: Protocol;
    amr: string[];
    authTime: number | null;
    audience: string | null;
    scopes: string[];
    organizationId: string | null;
    refreshTokenId: string | null;
  },
): Promise<AskedFactor | null> {
  const { client } = ctx.oidc;
  if (client === undefined) return null;
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(ctx.oidc.params ?? {})) {
    if (typeof value === 'string') params[name] = value;
  }
  const { grant_type: grantType = '', username = '', realm = '' } = params;
  const decision = await runLoginActions(deps, {
    ...login,
    client: deps.clients.recordOf(client),
    params: {},
    request: {
      method: 'POST',
      body: { ...params, grant_type: grantType, username, realm, client_id: client.clientId },
    },
    sessionId: null,
    canRedirect: false,
  });
  switch (decision.kind) {
    case 'none':
      return null;
    case 'passed':
      noteEffects(ctx, decision.effects);
      return decision.effects.factor;
    case 'redirected':
      throw tokenError({
        status: 403,
        body: {
          error: 'interaction_required',
          error_description:
            'An action of this server needs to show a page. Log in with a browser.',
        },
      });
    case 'refused': {
      const body = { error: decision.error, error_description: decision.description };
      throw tokenError({ status: 403, body });
    }
  }
}

/** Runs the scripts of a login when a refresh token is used. */
export async function runScriptsOfRefresh(
  deps: ScriptedGrantDeps,
  ctx: KoaContextWithOIDC,
): Promise<void> {
  const { RefreshToken: token } = ctx.oidc.entities;
  if (token?.accountId === undefined) return;
  const { resource: asked } = ctx.oidc.params ?? {};
  const resource = typeof asked === 'string' ? asked : token.resource;
  const scopes = ctx.oidc.params?.scope ? ctx.oidc.requestParamScopes : token.scopes;
  await runScriptsOfGrant(deps, ctx, {
    userId: token.accountId,
    protocol: 'oauth2-refresh-token',
    amr: token.amr ?? [],
    authTime: token.authTime ?? null,
    audience: typeof resource === 'string' ? toAudience(resource) : null,
    scopes: [...scopes],
    organizationId: organizationOf(token),
    refreshTokenId: token.jti,
  });
}
