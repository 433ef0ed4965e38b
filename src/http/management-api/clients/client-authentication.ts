import { type Static, Type } from 'typebox';
import { badRequest, closed, freeObject, nullable } from '../route/route.ts';
import { credentialBody } from './client-credential-wire.ts';

const MTLS = 'Not supported in this version';
const mtls = {
  tls_client_auth: Type.Optional(freeObject(MTLS)),
  self_signed_tls_client_auth: Type.Optional(freeObject(MTLS)),
};
const one = { minProperties: 1, maxProperties: 1 };
const DESCRIPTION =
  'By what the client shows who it is instead of a secret: keys with which it signs (`private_key_jwt`)';
const ids = Type.Array(
  closed({ id: Type.String({ minLength: 1, maxLength: 64, description: 'ID of a credential' }) }),
  { maxItems: 20, description: 'Credentials in use' },
);

/** On POST: the keys themselves. */
export const newAuthenticationMethods = closed(
  {
    private_key_jwt: Type.Optional(
      closed({ credentials: Type.Array(credentialBody, { maxItems: 20 }) }),
    ),
    ...mtls,
  },
  { ...one, description: DESCRIPTION },
);

/** On PATCH: ids of keys that are there; null: none, a secret again. */
export const authenticationMethods = nullable(
  closed({ private_key_jwt: Type.Optional(closed({ credentials: ids })), ...mtls }, one),
);

export const authenticationMethodsSchema = Type.Object(
  { private_key_jwt: Type.Object({ credentials: ids }) },
  { description: DESCRIPTION },
);

/**
 * @returns ids of keys; null: a secret again; undefined: as before
 * @throws ApiError 400 for what can't be together, or isn't supported
 */
export function wantedKeys(body: {
  client_authentication_methods?: Static<typeof authenticationMethods>;
  token_endpoint_auth_method?: string | null;
}): string[] | null | undefined {
  const methods = body.client_authentication_methods;
  refuseBoth(body);
  if (methods === undefined || methods === null) return methods;
  return methods.private_key_jwt?.credentials.map((credential) => credential.id) ?? [];
}

/** @throws ApiError 400 for what can't be together, or isn't supported */
export function refuseBoth(body: {
  client_authentication_methods?: object | null;
  token_endpoint_auth_method?: string | null;
}): void {
  const methods = body.client_authentication_methods ?? null;
  if (methods === null) return;
  if ((body.token_endpoint_auth_method ?? null) !== null) {
    throw badRequest(
      'client_authentication_methods and token_endpoint_auth_method are mutually exclusive.',
    );
  }
  const [method] = Object.keys(methods);
  if (method !== 'private_key_jwt') {
    throw badRequest(`This version does not support ${method}.`, 'operation_not_supported');
  }
}
