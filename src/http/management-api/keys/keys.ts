import { Type } from 'typebox';
import { revokeKey, rotateKeys } from '../../../flows/manage-keys/manage-keys.ts';
import {
  findSigningKey,
  listSigningKeys,
  type SigningKey,
} from '../../../records/signing-keys/signing-keys.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  notFound,
  requireScope,
  route,
} from '../route/route.ts';

const tags = ['keys'];
const params = closed({
  kid: Type.String({ minLength: 1, maxLength: 255, description: 'Key ID' }),
});

const keySchema = Type.Object({
  kid: Type.String({ description: 'Key ID' }),
  cert: Type.String({ description: 'Certificate of the key, in PEM' }),
  pkcs7: Type.String({ description: 'Certificate of the key, as PKCS #7' }),
  current: Type.Boolean({ description: 'Whether the key signs tokens now' }),
  next: Type.Boolean({ description: 'Whether the key signs tokens after the next rotation' }),
  previous: Type.Boolean({
    description: 'Whether the key signed tokens before. Its tokens are still valid.',
  }),
  current_since: Type.Optional(Type.String({ description: 'When the key started to sign' })),
  current_until: Type.Optional(Type.String({ description: 'When the key stopped signing' })),
  fingerprint: Type.String({ description: 'SHA-1 fingerprint of the certificate, with colons' }),
  thumbprint: Type.String({ description: 'SHA-1 fingerprint of the certificate' }),
  revoked: Type.Boolean({
    description: 'Whether the key is revoked. Its tokens are no longer valid.',
  }),
  revoked_at: Type.Optional(Type.String({ description: 'When the key was revoked' })),
});
const shortSchema = Type.Pick(keySchema, ['kid', 'cert']);

const missing = () => notFound('Signing key not found.');

/** `/keys/signing`: the keys that sign tokens now, signed them before, and will sign them next. */
export function keyRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/keys/signing',
    scopes: ['read:signing_keys'],
    summary: 'List signing keys',
    tags,
    response: { 200: Type.Array(keySchema) },
    handler: async () => (await listSigningKeys(db)).map(toWire),
  });
  route(api, {
    method: 'GET',
    url: '/keys/signing/:kid',
    scopes: ['read:signing_keys'],
    summary: 'Get a signing key',
    tags,
    params,
    response: { 200: keySchema },
    handler: async ({ params: { kid } }) => {
      const key = await findSigningKey(db, kid);
      if (key === null) throw missing();
      return toWire(key);
    },
  });
  route(api, {
    method: 'POST',
    url: '/keys/signing/rotate',
    scopes: ['create:signing_keys'],
    summary: 'Rotate the signing key',
    description:
      'Requires both `create:signing_keys` and `update:signing_keys`. Tokens of the old key stay valid until you revoke it. ' +
      'Every node signs with the new key within 1 second.',
    tags,
    response: { 201: shortSchema },
    handler: async ({ caller }) => {
      requireScope(caller, ['update:signing_keys']);
      const key = await rotateKeys(deps);
      if (key === null) throw conflict('Another request is rotating the signing key. Try again.');
      return toWire(key);
    },
  });
  route(api, {
    method: 'PUT',
    url: '/keys/signing/:kid/revoke',
    scopes: ['update:signing_keys'],
    summary: 'Revoke a signing key',
    tags,
    params,
    response: { 200: shortSchema },
    handler: async ({ params: { kid } }) => {
      const outcome = await revokeKey(deps, kid);
      if (outcome.kind === 'unknown') throw missing();
      if (outcome.kind === 'in-use') {
        throw badRequest('Only a previous key can be revoked. Rotate the signing key first.');
      }
      return toWire(outcome.key);
    },
  });
}

function toWire(key: SigningKey) {
  const { currentSince, currentUntil, revokedAt } = key;
  return {
    kid: key.kid,
    cert: key.certificate,
    pkcs7: key.pkcs7,
    current: key.state === 'current',
    next: key.state === 'next',
    previous: key.state === 'previous',
    ...(currentSince && { current_since: currentSince.toISOString() }),
    ...(currentUntil && { current_until: currentUntil.toISOString() }),
    fingerprint: key.fingerprint,
    thumbprint: key.thumbprint,
    revoked: key.state === 'revoked',
    ...(revokedAt && { revoked_at: revokedAt.toISOString() }),
  };
}
