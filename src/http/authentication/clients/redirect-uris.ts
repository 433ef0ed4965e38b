import {
  type Client,
  type ClientOrigins,
  isFixedUrl,
  withoutPlaceholders,
} from '../../../records/clients/clients.ts';

/** What a registered URL stands for, compiled once. */
const patterns = new Map<string, RegExp | null>();
const MOST_PATTERNS = 10_000;
const NAME = '[a-z0-9][a-z0-9_-]{0,49}';

/**
 * Whether a registered URL covers this one: the same text; or with `*` in the first label of the host, which stands for letters, digits and dashes
 * there (`https://pr-*-app.example.com/cb`); or with `{organization_name}`, which stands for any organization's name here, so
 * {@link organizationNamedBy} has to be asked as well. See Auth0's "Subdomain URL placeholders".
 */
export function covers(registered: string, url: string): boolean {
  return registered === url || patternOf(registered)?.test(url) === true;
}

function patternOf(registered: string): RegExp | null {
  const known = patterns.get(registered);
  if (known !== undefined) return known;
  if (patterns.size >= MOST_PATTERNS) patterns.clear();
  const stands = !isFixedUrl(registered) && withoutPlaceholders(registered) !== null;
  const pattern = stands ? compile(registered) : null;
  patterns.set(registered, pattern);
  return pattern;
}

function compile(registered: string): RegExp {
  let names = 0;
  const parts = registered.split(/(\*|\{organization_name\})/).map((part) => {
    if (part === '*') return '[a-zA-Z0-9-]+';
    if (part === '{organization_name}') return names++ === 0 ? `(?<name>${NAME})` : '\\k<name>';
    return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}

/**
 * The organization that a URL belongs to, where it is registered only by `{organization_name}`.
 * @returns null: it is registered without
 */
export function organizationNamedBy(registered: readonly string[], url: string): string | null {
  let name: string | null = null;
  for (const one of registered) {
    if (one === url) return null;
    const match = patternOf(one)?.exec(url);
    if (!match) continue;
    if (match.groups?.name === undefined) return null;
    name ??= match.groups.name;
  }
  return name;
}

/**
 * Whether an application may have its answer sent to this URL. A native application listens on whatever port it was given (RFC 8252, 7.3), so for
 * the addresses of its own machine the port doesn't count.
 */
export function callbackAllowed(settings: Client['settings'], url: string): boolean {
  const { callbacks, appType } = settings;
  if (callbacks.some((one) => covers(one, url))) return true;
  if (appType !== 'native') return false;
  const bare = withoutLoopbackPort(url);
  return bare !== null && callbacks.some((one) => withoutLoopbackPort(one) === bare);
}

const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?(?=[/?#]|$)/;

function withoutLoopbackPort(url: string): string | null {
  const match = LOOPBACK.exec(url);
  if (!match || Number(match[2] ?? 80) > 65_535) return null;
  return `${match[1]}${url.slice(match[0].length)}`;
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
  const wildcards = [...all].filter((one) => !isFixedUrl(one));
  return (origin) => all.has(origin) || wildcards.some((one) => covers(one, origin));
}

function originsOf({ webOrigins, allowedOrigins, callbacks }: ClientOrigins): string[] {
  const ofCallbacks = callbacks
    .map((one) => (URL.canParse(one) ? new URL(one).origin : 'null'))
    // An application's own scheme has no origin: `null` is what any page in a sandbox says of itself.
    .filter((one) => one !== 'null' && isFixedUrl(one));
  return [
    ...[...webOrigins, ...allowedOrigins].map((one) => one.replace(/\/$/, '')),
    ...ofCallbacks,
  ];
}
