import type { Json } from '../../outbound/scripts/scripts.ts';
import { isOwnClaim } from '../../steps/run-actions/run-actions.ts';
import { factorOf, type LoginEffects } from './effects.ts';

type JsonObject = { [key: string]: Json };

/** Returns what rules have asked for by changing `context`, added to earlier effects. */
export function effectsOfRules(
  before: LoginEffects,
  context: JsonObject,
): { effects: LoginEffects; redirect: string | null } {
  const { scope, ...accessClaims } = objectOf(context.accessToken);
  const { provider, ...options } = objectOf(context.multifactor);
  const { url } = objectOf(context.redirect);
  const wanted = Array.isArray(scope) ? scope.map(String) : null;
  return {
    effects: {
      ...before,
      idToken: { ...before.idToken, ...ownClaims(objectOf(context.idToken)) },
      accessToken: { ...before.accessToken, ...ownClaims(accessClaims) },
      ...(wanted && { addedScopes: wanted, removedScopes: ['*'] }),
      ...(typeof provider === 'string' && { factor: factorOf(provider, options) }),
    },
    redirect: typeof url === 'string' ? url : null,
  };
}

function ownClaims(claims: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => isOwnClaim(name)));
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
