import type { TokenEndpointGrantContext } from 'oidc-provider';
import { tokenError } from './token-error.ts';

/** Returns a field of the request to /oauth/token, or undefined if it is missing or empty. */
export function field(ctx: TokenEndpointGrantContext, name: string): string | undefined {
  const value: unknown = Reflect.get(ctx.oidc.params, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws 400 if the field is missing */
export function requiredField(ctx: TokenEndpointGrantContext, name: string): string {
  const value = field(ctx, name);
  if (value !== undefined) return value;
  throw tokenError({
    status: 400,
    body: { error: 'invalid_request', error_description: `Missing required parameter: ${name}` },
  });
}
