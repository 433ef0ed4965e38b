import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ErrorCause } from '../../seams/seams.ts';

const MOST = 2000;

/** Returns why the library shows a page instead of redirecting, or `null` if its own message says it. */
export function causeOf({ oidc }: KoaContextWithOIDC, error: unknown): ErrorCause | null {
  const { client_id: clientId, redirect_uri: callback } = oidc.params ?? {};
  if (error instanceof errors.SessionNotFound) return { kind: 'over' };
  if (error instanceof errors.InvalidRedirectUri) {
    return causeWith('unknown-callback', 'redirect_uri', callback);
  }
  if (error instanceof errors.InvalidClient && oidc.client === undefined) {
    return causeWith('unknown-client', 'client_id', clientId);
  }
  if (!(error instanceof errors.InvalidRequest)) return null;
  const isMissing = error.error_description?.startsWith('missing required parameter') === true;
  if (isMissing && clientId === undefined) return { kind: 'no-client' };
  if (isMissing && callback === undefined) return { kind: 'no-callback' };
  return null;
}

/** Returns a cause with the value that this server does not know. */
export function causeWith(
  kind: 'unknown-client' | 'unknown-callback' | 'unknown-logout-url',
  parameter: string,
  sent: unknown,
): ErrorCause | null {
  return typeof sent === 'string' ? { kind, parameter, sent: sent.slice(0, MOST) } : null;
}
