import { readFields } from '../body.ts';
import { toResource } from '../tokens/tokens.ts';

/** Reads the body of /oauth/token or /oauth/revoke: a form (RFC 6749), or JSON from Auth0's clients. */
export function readForm(contentType: string | undefined, body: string): URLSearchParams | null {
  if (!/^application\/json\b/i.test(contentType ?? '')) return new URLSearchParams(body);
  const fields = readFields(contentType, body);
  if (fields === null) return null;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'scope' && Array.isArray(value)) form.set(name, value.join(' '));
    else if (['string', 'number', 'boolean'].includes(typeof value)) form.set(name, String(value));
    else if (value !== null) return null;
  }
  return form;
}

/**
 * Replaces `audience` with the library's `resource`. At /oauth/token, only for client credentials: a login's audience is already fixed, and
 * our own grants read it themselves.
 * @param options.always true for another endpoint, at which a login begins
 * @param options.fallback the audience of requests without one
 */
export function withResource(
  form: URLSearchParams,
  { always = false, fallback = null }: { always?: boolean; fallback?: string | null } = {},
): URLSearchParams {
  const audience = form.get('audience') || fallback;
  const counts = always || form.get('grant_type') === 'client_credentials';
  if (audience && counts && !form.has('resource')) form.set('resource', toResource(audience));
  return form;
}

/** Does the same for the query of /authorize. `audience` stays for the pages. */
export function authorizeUrl(url: string, fallback: string | null): string {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const audience = query.get('audience') || fallback;
  // A pushed request has its own audience.
  if (!audience || query.has('resource') || query.has('request_uri')) return url;
  return `${url}${at < 0 ? '?' : '&'}resource=${encodeURIComponent(toResource(audience))}`;
}
