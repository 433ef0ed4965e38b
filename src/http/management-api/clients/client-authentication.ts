import { type Static, Type } from 'typebox';
import { badRequest, closed, freeObject, nullable } from '../route/route.ts';
import { credentialBody } from './client-credential-wire.ts';

const MTLS = 'Not supported in this version';
const mtls = {
  tls_client_auth: Type.Optional(freeObject(MTLS)),
  self_signed_tls_client_auth: Type.Optional(freeObject(MTLS)),
};
const each = { minProperties: 1, maxProperties: 1 };
const DESCRIPTION =
  'Methods with which the application authenticates instead of a secret. `private_key_jwt`: it signs with its keys.';
const ids = Type.Array(
  closed({ id: Type.String({ minLength: 1, maxLength: 64, description: 'ID of a credential' }) }),
  { maxItems: 20, description: 'IDs of the credentials in use' },
);

/** In POST: the keys themselves. */
export const newAuthenticationMethods = closed(
  {
    private_key_jwt: Type.Optional(
      closed({ credentials: Type.Array(credentialBody, { maxItems: 20 }) }),
    ),
    ...mtls,
  },
  { ...each, description: DESCRIPTION },
);

/** In PATCH: IDs of existing keys. `null`: no keys, the application uses a secret again. */
export const authenticationMethods = nullable(
  closed({ private_key_jwt: Type.Optional(closed({ credentials: ids })), ...mtls }, each),
);

export const authenticationMethodsSchema = Type.Object(
  { private_key_jwt: Type.Object({ credentials: ids }) },
  { description: DESCRIPTION },
);

/**
 * @returns IDs of the keys; null: the application uses a secret again; undefined: no change
 * @throws ApiError 400 for methods that exclude each other or that this version does not support
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

/** @throws ApiError 400 for methods that exclude each other or that this version does not support */
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
