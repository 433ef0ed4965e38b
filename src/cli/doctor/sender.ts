import { Resolver } from 'node:dns/promises';
import { mailboxOf, readSender } from '../../platform/email-address/email-address.ts';
import type { Finding } from './finding.ts';

/** Looks up the DNS records of a domain. The answer is `null` if no name server answers. */
export type Lookup = {
  mx(domain: string): Promise<{ exchange: string }[] | null>;
  txt(domain: string): Promise<string[] | null>;
  hasAddress(domain: string): Promise<boolean | null>;
};

const WHAT = 'Sender';
// RFC 2606 and RFC 6762: names that do not exist in the public DNS.
const NOWHERE = /(?:^|\.)(?:localhost|local|test|example|invalid|internal|localdomain)$/;
const NOTHING = new Set(['ENODATA', 'ENOTFOUND']);

/** @param servers addresses of name servers; default: those of the machine */
export function createLookup(servers: string[]): Lookup {
  const resolver = new Resolver({ timeout: 1500, tries: 2, maxTimeout: 3000 });
  if (servers.length > 0) resolver.setServers(servers);
  const none = async <T>(asked: Promise<T[]>): Promise<T[] | null> => {
    try {
      return await asked;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      return NOTHING.has(code) ? [] : null;
    }
  };
  return {
    mx: (domain) => none(resolver.resolveMx(domain)),
    txt: async (domain) =>
      (await none(resolver.resolveTxt(domain)))?.map((pieces) => pieces.join('')) ?? null,
    async hasAddress(domain) {
      const found = await Promise.all([
        none(resolver.resolve4(domain)),
        none(resolver.resolve6(domain)),
      ]);
      if (found.every((candidate) => candidate === null)) return null;
      return found.some((candidate) => candidate !== null && candidate.length > 0);
    },
  };
}

/**
 * Checks the sender as mail servers do: its domain exists, receives mail, and has an SPF record. A failed lookup is no problem.
 * @param mailFrom an address, alone or as Name <address>
 * @param sends false if mails stay in the development mailbox
 */
export async function checkSender(
  lookup: Lookup,
  { mailFrom, sends, production }: { mailFrom: string; sends: boolean; production: boolean },
): Promise<Finding> {
  const what = WHAT;
  const address = mailboxOf(readSender(mailFrom)?.address ?? mailFrom) ?? mailFrom;
  const domain = address.slice(address.lastIndexOf('@') + 1);
  if (NOWHERE.test(domain)) {
    if (!sends) return { what, state: 'good', found: `${address}, in the development mailbox` };
    return {
      what,
      state: production ? 'bad' : 'warning',
      found: `${address} is not a public email address`,
      advice: 'Set MAIL_FROM to an address of a domain for which your mail provider may send.',
    };
  }
  if (!sends) return { what, state: 'skipped', found: `${address}: no mail server is set` };
  const [mx, texts, hasAddress] = await Promise.all([
    lookup.mx(domain),
    lookup.txt(domain),
    lookup.hasAddress(domain),
  ]);
  if (mx === null || texts === null) {
    return { what, state: 'skipped', found: `${address}: no name server answers from here` };
  }
  if (mx.length === 0 && texts.length === 0 && hasAddress === false) {
    return {
      what,
      state: 'bad',
      found: `${address}: the domain ${domain} has no records`,
      advice: 'Correct MAIL_FROM. Mail servers refuse email from a domain that does not exist.',
    };
  }
  // RFC 7505: a single dot means that the domain accepts no mail.
  const isNullMx = mx.some(({ exchange }) => exchange === '' || exchange === '.');
  const says = [
    ...(isNullMx ? [`${domain} accepts no email (null MX), so bounces are lost`] : []),
    ...(mx.length === 0 && !hasAddress ? [`${domain} has no MX, so bounces are lost`] : []),
    ...(texts.some((text) => /^v=spf1(?: |$)/i.test(text))
      ? []
      : [`${domain} has no SPF record, so emails may end up in spam folders`]),
  ];
  return says.length === 0
    ? { what, state: 'good', found: `${address}: ${domain} accepts email and has an SPF record` }
    : {
        what,
        state: 'warning',
        found: `${address}: ${says.join('; ')}`,
        advice: 'Ask your mail provider for the DNS records (SPF, DKIM, DMARC, MX) and set them.',
      };
}
