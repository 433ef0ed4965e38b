import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import type { Connection } from './connection-row.ts';
import { stringsOf } from './option-values.ts';
import { isEnterprise } from './strategies.ts';

/**
 * Returns the connection of the company to which an email address belongs: the first enterprise connection that has the domain in
 * `tenant_domain` or `domain_aliases`, or `null`. Domains are compared in DNS form (`xn--…`, lower case). Two connections may have one
 * domain, for different applications or while one replaces the other.
 * @param usable the connections of the login, in the order of their creation
 */
export function connectionOfDomain(usable: Connection[], email: string): Connection | null {
  const domain = domainOf(canonicalEmail(email));
  if (domain === null) return null;
  return usable.find((connection) => domainsOf(connection).includes(domain)) ?? null;
}

/** Returns whether a connection signs in the people of a company, by the domain of their addresses. */
export function hasDomains(connection: Pick<Connection, 'strategy' | 'options'>): boolean {
  return domainsOf(connection).length > 0;
}

/** Returns the domains, in DNS form, whose people an enterprise connection signs in. */
function domainsOf({ strategy, options }: Pick<Connection, 'strategy' | 'options'>): string[] {
  if (!isEnterprise(strategy)) return [];
  const own =
    strategy === 'google-apps' ? [options.domain, options.tenant_domain] : [options.tenant_domain];
  return stringsOf([...own, ...stringsOf(options.domain_aliases)]).flatMap(
    (domain) => canonicalDomain(domain) ?? [],
  );
}

/** Returns a domain in DNS form, or `null` if no address can have it. */
export function canonicalDomain(domain: string): string | null {
  return domain.includes('@') ? null : domainOf(canonicalEmail(`a@${domain}`));
}

function domainOf(email: string | null): string | null {
  return email === null ? null : email.slice(email.lastIndexOf('@') + 1);
}
