import type { AccessToken, ClientCredentials, JWTStructured } from 'oidc-provider';
import { grantTypeClaim } from './issue-tokens.ts';

/**
 * Gives a JWT access token the claims that APIs of this wire expect: `azp` for the client, `gty` and a subject of its
 * own for an application, /userinfo as a second audience for a user who logged in with `openid`.
 */
export function shapeAccessToken(
  token: AccessToken | ClientCredentials,
  parts: JWTStructured,
  issuer: string,
): void {
  const { aud, iat, exp, scope } = parts.payload;
  parts.header = { typ: 'JWT' };
  if (token.kind === 'ClientCredentials') {
    parts.payload = {
      iss: issuer,
      sub: `${token.clientId}@clients`,
      aud,
      iat,
      exp,
      azp: token.clientId,
      ...(scope !== undefined && { scope }),
      gty: 'client-credentials',
    };
    return;
  }
  const openid = token.scopes.has('openid');
  parts.payload = {
    iss: issuer,
    sub: parts.payload.sub,
    aud: openid ? [aud, `${issuer}userinfo`] : aud,
    iat,
    exp,
    azp: token.clientId,
    ...(scope !== undefined && { scope }),
    ...grantTypeClaim(token.gty),
  };
}
