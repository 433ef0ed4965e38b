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
 * For whom registered URLs cover one: for everybody; or only for the organizations of these names, as far as they exist, for it is covered
 * by `{organization_name}`. No names: for nobody.
 */
export type Coverage = 'everybody' | readonly string[];

/**
 * A registered URL covers one of the same text; with `*` in the first label of the host, which stands for letters, digits and dashes there
 * (`https://pr-*-app.example.com/cb`); and with `{organization_name}`, which stands for the name of an organization. See Auth0's "Subdomain
 * URL placeholders".
 */
export function coverageOf(registered: readonly string[], url: string): Coverage {
  const names: string[] = [];
  for (const one of registered) {
    if (one === url) return 'everybody';
    const match = patternOf(one)?.exec(url);
    if (!match) continue;
    const name = match.groups?.name;
    if (name === undefined) return 'everybody';
    names.push(name);
  }
  return names;
}

/**
 * Whether a URL may be gone to.
 * @param organizations which of some names are names of organizations
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
 * Whether an application may have its answer sent to this URL. A native application listens on whatever port it was given (RFC 8252, 7.3), so for
 * the addresses of its own machine the port doesn't count. For whose organization, the request's parameter `organization` has to say.
 */
export function callbackAllowed(settings: Client['settings'], url: string): boolean {
  const { callbacks, appType } = settings;
  const coverage = coverageOf(callbacks, url);
  if (coverage === 'everybody' || coverage.length > 0) return true;
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
export function logoutCoverage(registered: readonly string[], url: string): Coverage {
  if (!URL.canParse(url)) return [];
  const end = url.search(/[?#]/);
  const whole = coverageOf(registered, url);
  if (end < 0 || whole === 'everybody') return whole;
  const bare = coverageOf(registered, url.slice(0, end));
  return bare === 'everybody' ? bare : [...whole, ...bare];
}

/** Origins whose pages may call us for this client: those registered, and where its callbacks are. */
export function originCoverage(client: Client, origin: string): Coverage {
  // What a frame without an origin says, and what an address with a scheme of its own has.
  if (origin === 'null') return [];
  return coverageOf(originsOf(client.settings), origin);
}

/** The same for a client that is not known yet: whether any has it. */
export function originSet(clients: readonly ClientOrigins[]): (origin: string) => Coverage {
  const all = new Set(clients.flatMap(originsOf));
  const patterns = [...all].filter((one) => !isFixedUrl(one));
  return (origin) => (all.has(origin) ? 'everybody' : coverageOf(patterns, origin));
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
