import { toResource } from './audiences.ts';
import { readFields } from './body.ts';

/** Bodies of /oauth/token and /oauth/revoke come as a form (RFC 6749) or, from clients of this wire, as JSON. */
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

/** Says `audience` as the library knows it. What a login was for is settled then; grants of our own read it themselves. */
export function withResource(form: URLSearchParams): URLSearchParams {
  const audience = form.get('audience');
  if (audience && form.get('grant_type') === 'client_credentials' && !form.has('resource')) {
    form.set('resource', toResource(audience));
  }
  return form;
}

/** The same for the query of /authorize; `audience` stays for the pages. */
export function authorizeUrl(url: string): string {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const audience = query.get('audience');
  if (!audience || query.has('resource')) return url;
  return `${url}&resource=${encodeURIComponent(toResource(audience))}`;
}
