import type { Client, ClientOrigins } from '../../records/clients/clients.ts';

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
  const end = url.search(/[?#]/);
  const bare = end < 0 ? url : url.slice(0, end);
  return URL.canParse(url) && registered.some((one) => covers(one, url) || covers(one, bare));
}

/** Origins whose pages may call us for this client: those registered, and where its callbacks are. */
export function originAllowed(client: Client, origin: string): boolean {
  // What a frame without an origin says, and what an address with a scheme of its own has.
  if (origin === 'null') return false;
  return originsOf(client.settings).some((one) => covers(one, origin));
}

/** The same for a client that is not known yet: whether any has it. */
export function originSet(clients: readonly ClientOrigins[]): (origin: string) => boolean {
  const all = new Set(clients.flatMap(originsOf));
  const wildcards = [...all].filter((one) => one.includes('*'));
  return (origin) => all.has(origin) || wildcards.some((one) => covers(one, origin));
}

function originsOf({ webOrigins, allowedOrigins, callbacks }: ClientOrigins): string[] {
  const ofCallbacks = callbacks
    .map((one) => (URL.canParse(one) ? new URL(one).origin : 'null'))
    // An application's own scheme has no origin: `null` is what any page in a sandbox says of itself.
    .filter((one) => one !== 'null' && !one.includes('*'));
  return [
    ...[...webOrigins, ...allowedOrigins].map((one) => one.replace(/\/$/, '')),
    ...ofCallbacks,
  ];
}
