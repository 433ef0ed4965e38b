import { isIP } from 'node:net';
import type { TokenEndpointGrantContext } from 'oidc-provider';
import type { Client } from '../../../records/clients/clients.ts';
import { requestOf } from '../mount.ts';

/**
 * Returns the IP address of the user who logs in at /oauth/token. A server can send its user's address if its client allows that and has
 * authenticated with a secret.
 */
export function addressOf(ctx: TokenEndpointGrantContext, client: Client): string {
  const own = requestOf(ctx.req)?.ip ?? '';
  const { extra, tokenEndpointAuthMethod } = client.settings;
  const trusted =
    extra.is_token_endpoint_ip_header_trusted === true && tokenEndpointAuthMethod !== 'none';
  const said = ctx.req.headers['auth0-forwarded-for'];
  return trusted && typeof said === 'string' && isIP(said.trim()) > 0 ? said.trim() : own;
}
