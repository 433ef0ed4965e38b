import type { Client } from '../../records/clients/clients.ts';

/**
 * Whether a registered URL covers this one: the same text, or `*` in place of the first label of the host
 * (`https://*.example.com/cb`), which stands for exactly one label.
 */
export function covers(registered: string, url: string): boolean {
  if (registered === url) return true;
  const wildcard = /^(https?:\/\/)\*\.([^/?#*]+\.[^/?#*]+)([/?#].*)?$/.exec(registered);
  if (!wildcard) return false;
  const [, scheme = '', domain = '', rest = ''] = wildcard;
  if (!url.startsWith(scheme)) return false;
  const label = /^[a-z0-9-]+/i.exec(url.slice(scheme.length))?.[0] ?? '';
  return label !== '' && url === `${scheme}${label}.${domain}${rest}`;
}

/** Where people may be sent after a logout; what follows a `?` or `#` is the application's affair. */
export function logoutUrlAllowed(registered: readonly string[], url: string): boolean {
  const bare = url.replace(/[?#].*$/, '');
  return URL.canParse(url) && registered.some((one) => covers(one, url) || covers(one, bare));
}

/** Origins whose pages may call us for this client: those registered, and where its callbacks are. */
export function originAllowed(client: Client, origin: string): boolean {
  const { webOrigins, allowedOrigins, callbacks } = client.settings;
  return (
    [...webOrigins, ...allowedOrigins].some((one) => covers(one.replace(/\/$/, ''), origin)) ||
    callbacks.some((one) => URL.canParse(one) && new URL(one).origin === origin)
  );
}
