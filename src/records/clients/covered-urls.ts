import type { Client } from './client-row.ts';
import type { ClientOrigins } from './list-clients.ts';
import { isFixedUrl, withoutPlaceholders } from './registered-urls.ts';

/** Patterns of registered URLs, compiled once. */
const patterns = new Map<string, RegExp | null>();
const MOST_PATTERNS = 10_000;
const NAME = '[a-z0-9][a-z0-9_-]{0,49}';

/**
 * Who may use a URL that registered URLs cover: everybody, or only the existing organizations with these names if `{organization_name}`
 * covers it. An empty list means nobody.
 */
export type Coverage = 'everybody' | readonly string[];

/**
 * Returns the coverage of a URL. A registered URL covers an identical one. `*` in the first label of the host matches letters, digits and
 * dashes (`https://pr-*-app.example.com/cb`), and `{organization_name}` matches the name of an organization. See Auth0's "Subdomain URL
 * placeholders".
 */
export function coverageOf(registered: readonly string[], url: string): Coverage {
  const names: string[] = [];
  for (const each of registered) {
    if (each === url) return 'everybody';
    const match = patternOf(each)?.exec(url);
    if (!match) continue;
    const name = match.groups?.name;
    if (name === undefined) return 'everybody';
    names.push(name);
  }
  return names;
}

/**
 * Returns whether a URL is allowed.
 * @param organizations returns those of some names that are names of organizations
 */
export async function isCovered(
  organizations: (names: readonly string[]) => Promise<ReadonlySet<string>>,
  coverage: Coverage,
): Promise<boolean> {
  if (coverage === 'everybody') return true;
  return coverage.length > 0 && (await organizations(coverage)).size > 0;
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
 * Returns whether an application may receive its answer at this URL. A native application listens on any free port (RFC 8252, 7.3), so the
 * port of a loopback address does not count. The request's parameter `organization` names the organization.
 */
export function callbackAllowed(settings: Client['settings'], url: string): boolean {
  const { callbacks, appType } = settings;
  const coverage = coverageOf(callbacks, url);
  if (coverage === 'everybody' || coverage.length > 0) return true;
  if (appType !== 'native') return false;
  const bare = withoutLoopbackPort(url);
  return bare !== null && callbacks.some((callback) => withoutLoopbackPort(callback) === bare);
}

const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?(?=[/?#]|$)/;

function withoutLoopbackPort(url: string): string | null {
  const match = LOOPBACK.exec(url);
  if (!match || Number(match[2] ?? 80) > 65_535) return null;
  return `${match[1]}${url.slice(match[0].length)}`;
}

/** Returns the coverage of an address after logout. The part after `?` or `#` does not count. */
export function logoutCoverage(registered: readonly string[], url: string): Coverage {
  if (!URL.canParse(url)) return [];
  const end = url.search(/[?#]/);
  const whole = coverageOf(registered, url);
  if (end < 0 || whole === 'everybody') return whole;
  const bare = coverageOf(registered, url.slice(0, end));
  return bare === 'everybody' ? bare : [...whole, ...bare];
}

/** Returns the coverage of an origin for this client: its registered origins, and those of its callbacks. */
export function originCoverage(client: Client, origin: string): Coverage {
  // A frame without an origin sends `null`, and so does an address with its own scheme.
  if (origin === 'null') return [];
  return coverageOf(originsOf(client.settings), origin);
}

/** Returns the coverage of an origin for any client, if the client is not known yet. */
export function originSet(clients: readonly ClientOrigins[]): (origin: string) => Coverage {
  const all = new Set(clients.flatMap(originsOf));
  const patterns = [...all].filter((candidate) => !isFixedUrl(candidate));
  return (origin) => (all.has(origin) ? 'everybody' : coverageOf(patterns, origin));
}

function originsOf({ webOrigins, allowedOrigins, callbacks }: ClientOrigins): string[] {
  const ofCallbacks = callbacks
    .map((callback) => (URL.canParse(callback) ? new URL(callback).origin : 'null'))
    // An application's own scheme has no origin, and any page in a sandbox sends `null`.
    .filter((candidate) => candidate !== 'null' && isFixedUrl(candidate));
  return [
    ...[...webOrigins, ...allowedOrigins].map((each) => each.replace(/\/$/, '')),
    ...ofCallbacks,
  ];
}
