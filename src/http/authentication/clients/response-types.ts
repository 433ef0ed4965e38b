import { oauthError } from '../oauth-error.ts';

/**
 * The response types of /authorize. `token` alone is missing, because the library does not allow it in its configuration. provider.ts adds
 * it.
 */
export const RESPONSE_TYPES = [
  'code',
  'id_token',
  'id_token token',
  'code token',
  'code id_token',
  'code id_token token',
] as const;

/** Returns whether a client can use a response type: `code` needs the grant for codes, tokens need `implicit`. */
export function responseTypeAllowed(grantTypes: readonly string[], type: string): boolean {
  for (const part of type.split(' ')) {
    const needed = part === 'code' ? 'authorization_code' : 'implicit';
    if (!grantTypes.includes(needed)) {
      throw oauthError(
        400,
        'unauthorized_client',
        `Grant type '${needed}' not allowed for the client.`,
      );
    }
  }
  return true;
}

/** Returns whether a text is one of {@link RESPONSE_TYPES}, in any order, or `token`. */
export function isResponseType(type: string): boolean {
  const inOrder = (text: string) => text.split(' ').sort().join(' ');
  return ['token', ...RESPONSE_TYPES].some((candidate) => inOrder(candidate) === inOrder(type));
}
