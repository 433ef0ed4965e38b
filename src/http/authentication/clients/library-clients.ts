import type Provider from 'oidc-provider';
import type { ClientMetadata, Client as LibraryClient } from 'oidc-provider';
import type { Clock } from '../../../platform/clock/clock.ts';
import { sameBytes, sha256 } from '../../../platform/crypto/crypto.ts';
import { randomAlnum } from '../../../platform/ids/ids.ts';
import type { ClientCredential } from '../../../records/client-credentials/client-credentials.ts';
import { type Client, callbackAllowed, idTokenSecretOf } from '../../../records/clients/clients.ts';
import type { Catalog } from './catalog.ts';
import { responseTypeAllowed } from './response-types.ts';
import { tokenAlg } from './signing-algs.ts';

export type LibraryClients = {
  find(id: string): Promise<LibraryClient | undefined>;
  /** Returns our record of a client that `find` returned. */
  recordOf(client: LibraryClient): Client;
};

/**
 * Returns our clients in the form of oidc-provider. Compares secrets by their hashes, and redirect URIs by our rules, because the
 * library's own validation would refuse metadata that Auth0 accepts.
 */
export function createLibraryClients(
  provider: () => Provider,
  { catalog, clock, encryptionKey }: { catalog: Catalog; clock: Clock; encryptionKey: Buffer },
): LibraryClients {
  const made = new WeakMap<Client, LibraryClient>();
  const records = new WeakMap<LibraryClient, Client>();

  function make(record: Client, keys: ClientCredential[]): LibraryClient {
    // The library's type omits the constructor.
    const Model = provider().Client as unknown as new (metadata: ClientMetadata) => LibraryClient;
    const { secretHash, settings } = record;
    const isPublic = settings.tokenEndpointAuthMethod === 'none';
    const idTokenSecret = idTokenSecretOf(record, encryptionKey);
    const base = new Model({
      client_id: record.id,
      client_name: record.name,
      token_endpoint_auth_method:
        settings.privateKeyJwt === undefined ? settings.tokenEndpointAuthMethod : 'private_key_jwt',
      ...(settings.privateKeyJwt !== undefined && { jwks: { keys: keys.map(toJwk) } }),
      require_pushed_authorization_requests:
        settings.extra.require_pushed_authorization_requests === true,
      id_token_signed_response_alg:
        idTokenSecret === null ? tokenAlg(settings.jwtConfiguration.alg) : 'HS256',
      grant_types: [],
      response_types: [],
      redirect_uris: [],
      // The schema requires a secret. It only signs HS256 ID tokens. The comparison below does not use it.
      ...(!isPublic && { client_secret: idTokenSecret ?? randomAlnum(43) }),
    });
    const client = Object.assign(base, {
      // A public client proves nothing, so it gets no tokens for itself.
      grantTypes: settings.grantTypes.filter(
        (type) => !(isPublic && type === 'client_credentials'),
      ),
      responseTypeAllowed: (type: string) => responseTypeAllowed(settings.grantTypes, type),
      redirectUris: settings.callbacks,
      redirectUriAllowed: (url: string) => callbackAllowed(settings, url),
      compareClientSecret: (secret: string) =>
        secretHash !== null && sameBytes(secretHash, sha256(secret)),
    });
    records.set(client, record);
    return client;
  }

  /** Returns the keys with which a client can currently sign. */
  async function keysOf({ id, settings }: Client): Promise<ClientCredential[]> {
    if (settings.privateKeyJwt === undefined) return [];
    const inUse = new Set(settings.privateKeyJwt);
    const now = clock.now();
    return (await catalog.credentials(id)).filter(
      (credential) =>
        inUse.has(credential.id) && (credential.expiresAt === null || credential.expiresAt > now),
    );
  }

  return {
    async find(id) {
      if (typeof id !== 'string' || id === '' || id.includes('\0')) return undefined;
      const record = await catalog.client(id);
      if (record === null) return undefined;
      const known = made.get(record);
      if (known) return known;
      const client = make(record, await keysOf(record));
      made.set(record, client);
      return client;
    },
    recordOf(client) {
      const record = records.get(client);
      if (!record) throw new Error(`Client ${client.clientId} did not come from the catalog.`);
      return record;
    },
  };
}

function toJwk({ publicJwk: { kty, n, e }, alg, kid }: ClientCredential) {
  return { kty: kty ?? 'RSA', n, e, alg, kid, use: 'sig' };
}
