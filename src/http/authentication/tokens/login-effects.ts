import type { KoaContextWithOIDC } from 'oidc-provider';
import type { LoginEffects } from '../../../flows/run-login-actions/run-login-actions.ts';

/** The effects of scripts on the login of each request. */
const noted = new WeakMap<KoaContextWithOIDC, TokenEffects>();

/** What scripts want of the tokens. */
export type TokenEffects = Pick<
  LoginEffects,
  'idToken' | 'accessToken' | 'addedScopes' | 'removedScopes'
>;

export function noteEffects(ctx: KoaContextWithOIDC, effects: TokenEffects): void {
  noted.set(ctx, effects);
}

/** Returns what scripts want of the tokens of this request, or undefined if none has run. */
export function effectsOf(ctx: KoaContextWithOIDC | undefined): TokenEffects | undefined {
  return ctx && noted.get(ctx);
}

/**
 * Returns the scopes of an access token after the scripts of its login.
 * @param scope separated by spaces
 */
export function scriptedScope(scope: string | undefined, effects: TokenEffects): string {
  const removed = new Set(effects.removedScopes);
  const before = (scope ?? '').split(' ').filter((each) => each !== '');
  const kept = removed.has('*') ? [] : before.filter((each) => !removed.has(each));
  return [...new Set([...kept, ...effects.addedScopes])].join(' ');
}
