import type { Static } from 'typebox';
import type { patchBody } from './client-wire.ts';

/** Checks whether a change asks for HS256 or removes what HS256 requires. */
export function changesIdTokens(body: Partial<Static<typeof patchBody>>): boolean {
  return (
    body.jwt_configuration !== undefined ||
    body.token_endpoint_auth_method !== undefined ||
    body.client_authentication_methods !== undefined
  );
}
