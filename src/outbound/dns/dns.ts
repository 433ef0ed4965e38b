import { Resolver } from 'node:dns/promises';

export type TxtOutcome = { kind: 'found'; texts: string[] } | { kind: 'unavailable' };

/** Queries the Domain Name System. */
export type Dns = {
  /** Returns the TXT records of a name. The list is empty if the name does not exist. */
  txt(name: string): Promise<TxtOutcome>;
};

/** c-ares codes for a name without such a record. Other codes mean that no server answered. */
const NOTHING = new Set(['ENODATA', 'ENOTFOUND']);
const MAX_RECORDS = 100;

/**
 * Creates a DNS client.
 * @param options.servers name servers, with ports where needed. Default: those of the machine.
 */
export function createDns(options: { servers?: string[] } = {}): Dns {
  const resolver = new Resolver({ timeout: 2000, tries: 2, maxTimeout: 5000 });
  if (options.servers !== undefined && options.servers.length > 0) {
    resolver.setServers(options.servers);
  }
  return {
    async txt(name) {
      try {
        const records = await resolver.resolveTxt(name);
        // A long TXT record consists of several strings (RFC 7208, 3.3).
        return {
          kind: 'found',
          texts: records.slice(0, MAX_RECORDS).map((pieces) => pieces.join('')),
        };
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        return NOTHING.has(code) ? { kind: 'found', texts: [] } : { kind: 'unavailable' };
      }
    },
  };
}
