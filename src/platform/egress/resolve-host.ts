import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { EgressError } from './egress-error.ts';

/** Finds the addresses of a host. */
export type ResolveHost = (host: string) => Promise<string[]>;

/** Codes for a name without such a record. Other codes mean that no name server answered. */
const NOTHING = new Set(['ENODATA', 'ENOTFOUND']);

/**
 * Creates the resolver. Hosts that the operator has named are looked up as the machine does it, with its hosts file. All others are asked
 * from name servers directly: a lookup by the machine would occupy a thread that password hashing needs, for as long as a stranger's name
 * server takes.
 * @param options.servers name servers. Default: those of the machine.
 */
export function createHostResolver(options: {
  names: ReadonlySet<string>;
  servers?: string[] | undefined;
}): ResolveHost {
  const resolver = new Resolver({ timeout: 2000, tries: 2, maxTimeout: 4000 });
  if (options.servers !== undefined) resolver.setServers(options.servers);
  return async (host) => {
    if (isIP(host) !== 0) return [host];
    if (options.names.has(host)) {
      const found = await lookup(host, { all: true });
      return found.map(({ address }) => address);
    }
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0) return found;
    const isAway = answers.some(
      (answer) => answer.status === 'rejected' && !NOTHING.has(codeOf(answer.reason)),
    );
    throw new EgressError(
      'unreachable',
      isAway
        ? `No name server has answered for ${host}.`
        : `${host} is not in the DNS. If it is a host of your own network, add it to EGRESS_ALLOW.`,
    );
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
