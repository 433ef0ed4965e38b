import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import als from 'oidc-provider/lib/helpers/als.js';
import { effectsOf, scriptedScope, type TokenEffects } from '../tokens/tokens.ts';

const FIELD = 'scriptEffects';

type Saved = { [FIELD]?: TokenEffects; save(): Promise<string> };

/**
 * Makes codes carry what scripts want of the tokens, from the login to the exchange, and makes access tokens have the scopes that scripts
 * have chosen.
 */
export function carryEffects(provider: Provider): void {
  for (const model of [provider.AuthorizationCode, provider.DeviceCode]) {
    const fields = (model as unknown as { IN_PAYLOAD: string[] }).IN_PAYLOAD;
    Object.defineProperty(model, 'IN_PAYLOAD', { get: () => [...fields, FIELD] });
    beforeSave(model.prototype as unknown as Saved, (code, effects) => {
      code[FIELD] = effects;
    });
  }
  beforeSave(provider.AccessToken.prototype as unknown as AccessTokenPart, (token, effects) => {
    if (isOurs(token.aud, provider.issuer)) return;
    token.scope = scriptedScope(token.scope, effects);
  });
}

type AccessTokenPart = { scope: string | undefined; aud?: unknown; save(): Promise<string> };

/** A script could give its operator more than the operator has: scopes of this server's own APIs are not its to give. */
function isOurs(audience: unknown, issuer: string): boolean {
  return typeof audience === 'string' && [`${issuer}api/v2/`, `${issuer}mfa/`].includes(audience);
}

/** Returns what a redeemed code carries, or undefined. */
export function carriedBy(token: unknown): TokenEffects | undefined {
  if (typeof token !== 'object' || token === null || !(FIELD in token)) return undefined;
  return (token as Saved)[FIELD];
}

function beforeSave<T extends { save(): Promise<string> }>(
  prototype: T,
  change: (self: T, effects: TokenEffects) => void,
): void {
  const save = prototype.save;
  prototype.save = async function withEffects(this: T) {
    const effects = effectsOf(als.getStore() as KoaContextWithOIDC | undefined);
    if (effects !== undefined) change(this, effects);
    return save.call(this);
  };
}
