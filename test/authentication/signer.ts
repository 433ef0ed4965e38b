import { createPublicKey, randomUUID } from 'node:crypto';
import {
  type CryptoKey,
  exportSPKI,
  type GenerateKeyPairResult,
  generateKeyPair,
  SignJWT,
} from 'jose';
import {
  type ClientCredential,
  insertCredential,
  newCredentialId,
} from '../../src/records/client-credentials/client-credentials.ts';
import type { Client } from '../../src/records/clients/clients.ts';
import { aClient, type Door } from './fixture.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function aKeyPair(): Promise<GenerateKeyPairResult> {
  return generateKeyPair('RS256', { extractable: true });
}

/** Returns a client that signs with this key. */
export async function aSigningClient(
  door: Door,
  { publicKey }: GenerateKeyPairResult,
  more: Partial<ClientCredential> = {},
  settings: Partial<Client['settings']> = {},
): Promise<{ id: string; secret: string }> {
  const id = newCredentialId();
  const client = await aClient(door, { ...settings, privateKeyJwt: [id] });
  const publicJwk = createPublicKey(await exportSPKI(publicKey)).export({ format: 'jwk' });
  const now = new Date();
  const key: ClientCredential = {
    id,
    clientId: client.id,
    name: '',
    kid: 'kid-of-the-first-key',
    alg: 'RS256',
    publicJwk,
    expiresAt: null,
    createdAt: now,
    updatedAt: now,
    ...more,
  };
  await insertCredential(door.database.db, key, 10);
  return client;
}

export type AssertionClaims = {
  alg?: string;
  aud?: string;
  sub?: string;
  jti?: string;
  expires?: string;
};

/** Signs a client assertion (RFC 7523). */
export function signAssertion(
  { url }: Pick<Door, 'url'>,
  clientId: string,
  key: CryptoKey,
  claims: AssertionClaims = {},
): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: claims.alg ?? 'RS256' })
    .setIssuer(clientId)
    .setSubject(claims.sub ?? clientId)
    .setAudience(claims.aud ?? `${url}/`)
    .setJti(claims.jti ?? randomUUID())
    .setIssuedAt()
    .setExpirationTime(claims.expires ?? '2m')
    .sign(key);
}
