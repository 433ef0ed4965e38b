import type { KoaContextWithOIDC } from 'oidc-provider';
import { extendRefreshToken } from '../../../flows/extend-refresh-token/extend-refresh-token.ts';
import { runScriptsOfRefresh, type ScriptedGrantDeps } from '../grants/grants.ts';
import { deviceNow } from './adapter.ts';

/** Returns whether a use rotates the refresh token. Runs the scripts of the login first: they may refuse it. Without rotation, it records the use, which postpones the idle limit. */
export function rotation(deps: ScriptedGrantDeps) {
  return async (ctx: KoaContextWithOIDC): Promise<boolean> => {
    const { client, entities } = ctx.oidc;
    if (client === undefined) return false;
    await runScriptsOfRefresh(deps, ctx);
    const { settings } = deps.clients.recordOf(client);
    if (settings.refreshToken.rotationType === 'rotating') return true;
    const { RefreshToken: token } = entities;
    if (token?.exp === undefined) return false;
    const use = { id: token.jti, settings, expires: token.exp, device: deviceNow() };
    await extendRefreshToken(deps, use);
    return false;
  };
}
