import type { FastifyInstance } from 'fastify';
import { publicKeys } from '../../records/signing-keys/signing-keys.ts';
import { RESPONSE_TYPES, TOKEN_ALGS, underEachAlg } from './clients/clients.ts';
import type { AuthenticationDeps } from './deps.ts';
import { CLAIMS_OF_SCOPE, OIDC_SCOPES } from './tokens/tokens.ts';

/** Registers the discovery document (OpenID Connect Discovery 1.0) and the keys that verify our tokens. */
export function registerDiscovery(
  app: FastifyInstance,
  {
    db,
    publicUrl,
    grantTypes,
    clientSecrets,
  }: Pick<AuthenticationDeps, 'db' | 'publicUrl' | 'clientSecrets'> & {
    grantTypes: readonly string[];
  },
): void {
  const metadata = {
    issuer: `${publicUrl}/`,
    authorization_endpoint: `${publicUrl}/authorize`,
    token_endpoint: `${publicUrl}/oauth/token`,
    device_authorization_endpoint: `${publicUrl}/oauth/device/code`,
    pushed_authorization_request_endpoint: `${publicUrl}/oauth/par`,
    require_pushed_authorization_requests: false,
    mfa_challenge_endpoint: `${publicUrl}/mfa/challenge`,
    userinfo_endpoint: `${publicUrl}/userinfo`,
    jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    revocation_endpoint: `${publicUrl}/oauth/revoke`,
    end_session_endpoint: `${publicUrl}/oidc/logout`,
    scopes_supported: OIDC_SCOPES.filter((scope) => scope !== 'address'),
    response_types_supported: [...RESPONSE_TYPES, 'token'],
    response_modes_supported: ['query', 'fragment', 'form_post', 'web_message'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported:
      clientSecrets === 'encrypted' ? [...TOKEN_ALGS, 'HS256'] : TOKEN_ALGS,
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'none',
    ],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'PS256'],
    claims_supported: [
      ...Object.values(CLAIMS_OF_SCOPE).flat(),
      'iss',
      'aud',
      'iat',
      'exp',
      'auth_time',
      'nonce',
    ],
    authorization_response_iss_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  };

  app.get('/.well-known/openid-configuration', async (_request, reply) =>
    reply.header('access-control-allow-origin', '*').send(metadata),
  );
  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply
      .header('access-control-allow-origin', '*')
      .header('cache-control', 'public, max-age=15, stale-while-revalidate=15')
      .send({ keys: underEachAlg(await publicKeys(db)) }),
  );
}
