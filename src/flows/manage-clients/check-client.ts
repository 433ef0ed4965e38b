import { Refusal } from '../../platform/refusal/refusal.ts';
import {
  type Client,
  type ClientSettings,
  idTokenSecretOf,
  type SecretKeeper,
} from '../../records/clients/clients.ts';

const wrong = (message: string) => new Refusal('invalid_body', message);

/**
 * Checks the rules that concern more than one field of an application.
 * @throws Refusal with Auth0's messages
 */
export function checkClient({ clientMetadata, isFirstParty, extra }: ClientSettings): void {
  if (Object.keys(clientMetadata ?? {}).length > 10) {
    throw wrong('client_metadata cannot have more than 10 properties.');
  }
  const forOrganizations = extra.organization_usage ?? extra.organization_require_behavior;
  if (!isFirstParty && (forOrganizations ?? null) !== null) {
    throw new Refusal(
      'third_party_organizations',
      'Organizations are only available to first party clients on user-based flows. Properties organization_usage and ' +
        'organization_require_behavior must be unset for third party clients.',
    );
  }
}

/**
 * Allows HS256 for ID tokens only if the server can read the secret and nobody can guess it (RFC 7518, 3.2).
 * @throws Refusal in the wire's words
 */
export function checkIdTokenSecret(
  { keys, clientSecrets }: SecretKeeper,
  client: Pick<Client, 'settings' | 'secretSealed'>,
): void {
  const { jwtConfiguration, tokenEndpointAuthMethod, privateKeyJwt } = client.settings;
  if (jwtConfiguration.alg !== 'HS256') return;
  if (tokenEndpointAuthMethod === 'none' || privateKeyJwt !== undefined) {
    throw wrong(
      'jwt_configuration.alg HS256 signs with the client_secret. A client that authenticates with none or private_key_jwt ' +
        'has no client_secret. Use RS256 or PS256.',
    );
  }
  const secret = idTokenSecretOf(client, keys.encryption);
  if (secret === null) {
    const rotate =
      'rotate the secret of a client that was created before (POST /api/v2/clients/{id}/rotate-secret)';
    throw wrong(
      `jwt_configuration.alg HS256 signs with the client_secret, but the server stores only a hash of it: ${
        clientSecrets === 'encrypted'
          ? rotate
          : `set CLIENT_SECRETS=encrypted in its environment or .env, restart it, and ${rotate}`
      }.`,
    );
  }
  if (Buffer.byteLength(secret) < 32) {
    throw wrong(
      'jwt_configuration.alg HS256 requires a client_secret of at least 32 bytes (RFC 7518, 3.2).',
    );
  }
}
