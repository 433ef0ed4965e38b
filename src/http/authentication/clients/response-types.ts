import { errors } from 'oidc-provider';

/**
 * The combinations of what /authorize answers with. `token` alone is not here: the library doesn't let it be configured, and
 * learns it in provider.ts.
 */
export const RESPONSE_TYPES = [
  'code',
  'id_token',
  'id_token token',
  'code token',
  'code id_token',
  'code id_token token',
] as const;

/** What a client may ask /authorize for: a code with that grant, tokens without a detour only with `implicit`. */
export function responseTypeAllowed(grantTypes: readonly string[], type: string): boolean {
  for (const part of type.split(' ')) {
    const needed = part === 'code' ? 'authorization_code' : 'implicit';
    if (!grantTypes.includes(needed)) {
      throw new errors.CustomOIDCProviderError(
        'unauthorized_client',
        `Grant type '${needed}' not allowed for the client.`,
      );
    }
  }
  return true;
}

/** Whether it is one of {@link RESPONSE_TYPES}, in any order, or `token`. */
export function isResponseType(type: string): boolean {
  const inOrder = (text: string) => text.split(' ').sort().join(' ');
  return ['token', ...RESPONSE_TYPES].some((one) => inOrder(one) === inOrder(type));
}
