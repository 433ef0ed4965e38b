import { Resolver } from 'node:dns/promises';

export type TxtOutcome = { kind: 'found'; texts: string[] } | { kind: 'unavailable' };

/** Asks the Domain Name System. */
export type Dns = {
  /** The TXT records of a name; none when there is no such name. */
  txt(name: string): Promise<TxtOutcome>;
};

/** What tells that a name has no such record, and not that nobody could be asked (c-ares). */
const NOTHING = new Set(['ENODATA', 'ENOTFOUND']);
const MAX_RECORDS = 100;

/**
 * @param options.servers addresses to ask, with ports where they need one; those of the machine when there are none
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
        // A long text comes in pieces (RFC 7208, 3.3).
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
