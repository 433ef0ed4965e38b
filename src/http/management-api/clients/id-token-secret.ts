import type { Static } from 'typebox';
import { type Client, idTokenSecretOf } from '../../../records/clients/clients.ts';
import { type BaseDeps, badRequest } from '../route/route.ts';
import type { patchBody } from './client-wire.ts';

/** Checks whether a change asks for HS256 or removes what HS256 requires. */
export function changesIdTokens(body: Partial<Static<typeof patchBody>>): boolean {
  return (
    body.jwt_configuration !== undefined ||
    body.token_endpoint_auth_method !== undefined ||
    body.client_authentication_methods !== undefined
  );
}

/**
 * Allows HS256 for ID tokens only if the server can read the secret and nobody can guess it (RFC 7518, 3.2).
 * @throws ApiError 400
 */
export function checkIdTokenSecret(
  { keys, clientSecrets }: Pick<BaseDeps, 'keys' | 'clientSecrets'>,
  client: Pick<Client, 'settings' | 'secretSealed'>,
): void {
  const { jwtConfiguration, tokenEndpointAuthMethod, privateKeyJwt } = client.settings;
  if (jwtConfiguration.alg !== 'HS256') return;
  if (tokenEndpointAuthMethod === 'none' || privateKeyJwt !== undefined) {
    throw badRequest(
      'jwt_configuration.alg HS256 signs with the client_secret. A client that authenticates with none or private_key_jwt ' +
        'has no client_secret. Use RS256 or PS256.',
    );
  }
  const secret = idTokenSecretOf(client, keys.encryption);
  if (secret === null) {
    const rotate =
      'rotate the secret of a client that was created before (POST /api/v2/clients/{id}/rotate-secret)';
    throw badRequest(
      `jwt_configuration.alg HS256 signs with the client_secret, but the server stores only a hash of it: ${
        clientSecrets === 'encrypted'
          ? rotate
          : `set CLIENT_SECRETS=encrypted in its environment or .env, restart it, and ${rotate}`
      }.`,
    );
  }
  if (Buffer.byteLength(secret) < 32) {
    throw badRequest(
      'jwt_configuration.alg HS256 requires a client_secret of at least 32 bytes (RFC 7518, 3.2).',
    );
  }
}
