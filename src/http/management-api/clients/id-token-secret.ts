import type { Static } from 'typebox';
import { type Client, idTokenSecretOf } from '../../../records/clients/clients.ts';
import { type BaseDeps, badRequest } from '../route/route.ts';
import type { patchBody } from './client-wire.ts';

/** Whether a change may take away what HS256 needs, or ask for it. */
export function changesIdTokens(body: Partial<Static<typeof patchBody>>): boolean {
  return (
    body.jwt_configuration !== undefined ||
    body.token_endpoint_auth_method !== undefined ||
    body.client_authentication_methods !== undefined
  );
}

/**
 * ID tokens are signed with the secret only where this server can read one that nobody guesses (RFC 7518, 3.2).
 * @throws ApiError 400
 */
export function checkIdTokenSecret(
  { keys }: Pick<BaseDeps, 'keys'>,
  client: Pick<Client, 'settings' | 'secretSealed'>,
): void {
  const { jwtConfiguration, tokenEndpointAuthMethod, privateKeyJwt } = client.settings;
  if (jwtConfiguration.alg !== 'HS256') return;
  if (tokenEndpointAuthMethod === 'none' || privateKeyJwt !== undefined) {
    throw badRequest(
      'jwt_configuration.alg HS256 signs with the client_secret: a client that authenticates with none or with private_key_jwt has no use of one.',
    );
  }
  const secret = idTokenSecretOf(client, keys.encryption);
  if (secret === null) {
    throw badRequest(
      'jwt_configuration.alg HS256 signs with the client_secret, of which this server has only the hash: start it with CLIENT_SECRETS=encrypted, and give the client a new secret if it was made before.',
    );
  }
  if (Buffer.byteLength(secret) < 32) {
    throw badRequest(
      'jwt_configuration.alg HS256 needs a client_secret of at least 32 bytes (RFC 7518, 3.2).',
    );
  }
}
