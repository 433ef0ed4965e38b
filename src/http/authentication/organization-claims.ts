import { randomAlnum } from '../../platform/ids/ids.ts';

/**
 * The organization a login was for travels in the id of the library's grant: codes, refresh tokens and access tokens all name
 * their grant, so none of them can lose it or get another (docs/decisions/0010).
 */
const SEPARATOR = '.';

/** The id of a new grant for logins to this organization. */
export function organizationGrantId(organizationId: string): string {
  return `${randomAlnum(43)}${SEPARATOR}${organizationId}`;
}

/**
 * The organization that a code, refresh token or access token is for, a token of an application for itself included; null when
 * it is for none.
 */
export function organizationOf(token: object | undefined): string | null {
  if (token === undefined) return null;
  if ('grantId' in token && typeof token.grantId === 'string') {
    return organizationOfGrant(token.grantId);
  }
  if ('extra' in token && typeof token.extra === 'object' && token.extra !== null) {
    const claims: { org_id?: unknown } = token.extra;
    return typeof claims.org_id === 'string' ? claims.org_id : null;
  }
  return null;
}

/** The organization a grant is for; the id says it. */
export function organizationOfGrant(grantId: string): string | null {
  const at = grantId.indexOf(SEPARATOR);
  return at < 0 ? null : grantId.slice(at + 1);
}
