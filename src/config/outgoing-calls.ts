import { isAllowedTarget, problemOfTarget } from '../platform/egress/egress.ts';

/** Returns whether a URL can be used. A mail server needs a host. User and password must be percent-encoded. */
export function isUsableUrl(text: string, protocols: string[]): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (!protocols.includes(protocol) || (protocol.startsWith('smtp') && hostname === '')) {
    return false;
  }
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Checks the list of hosts that the server may call beside public ones. */
export function checkAllowed(allow: string[], problems: string[]): void {
  for (const each of allow.filter((candidate) => !isAllowedTarget(candidate))) {
    problems.push(
      `EGRESS_ALLOW must list host names, addresses and networks such as 10.0.0.0/8, without ports and paths, not "${each}".`,
    );
  }
}

/** Checks that the server may call the addresses of these settings. */
export function checkCalled(
  targets: Record<string, string | undefined>,
  allow: string[],
  problems: string[],
): void {
  for (const [name, target] of Object.entries(targets)) {
    const problem = target === undefined ? null : problemOfTarget(target, allow);
    if (problem !== null) problems.push(`${name}: ${problem}`);
  }
}

/** Reads pairs such as `https://github.com=https://github.example.com`. */
export function readEndpoints(
  raw: string | undefined,
  allow: string[],
  problems: string[],
): Record<string, string> {
  const pairs = (raw ?? '').split(',').flatMap((part) => part.trim() || []);
  const isBase = (candidate: string) =>
    isUsableUrl(candidate, ['http:', 'https:']) && !/[?#]|\/$/.test(candidate);
  const endpoints: Record<string, string> = {};
  for (const pair of pairs) {
    const [from = '', to = '', ...more] = pair.split('=');
    if (isBase(from) && isBase(to) && more.length === 0) {
      endpoints[from] = to;
      checkCalled({ PROVIDER_ENDPOINTS: to }, allow, problems);
    } else {
      problems.push(
        `PROVIDER_ENDPOINTS must list pairs such as https://github.com=https://github.example.com, not "${pair}".`,
      );
    }
  }
  return endpoints;
}
