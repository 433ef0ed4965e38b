import { boundDomains } from '../../platform/bound-domains/bound-domains.ts';
import { canonicalEmail, domainOf } from '../../platform/email-address/email-address.ts';
import type { Connection } from './connection-row.ts';
import { isEnterprise } from './strategies.ts';

/**
 * Returns the connection of the company to which an email address belongs: the first enterprise connection that has the domain in
 * `tenant_domain` or `domain_aliases`, or `null`. Domains are compared in DNS form (`xn--…`, lower case). Two connections may have one
 * domain, for different applications or while one replaces the other.
 * @param usable the connections of the login, in the order of their creation
 */
export function connectionOfDomain(usable: Connection[], email: string): Connection | null {
  const address = canonicalEmail(email);
  if (address === null) return null;
  return usable.find((each) => domainsOf(each).includes(domainOf(address))) ?? null;
}

/** Returns whether a connection signs in the people of a company, by the domain of their addresses. */
export function hasDomains(connection: Pick<Connection, 'strategy' | 'options'>): boolean {
  return domainsOf(connection).length > 0;
}

/** Returns the domains, in DNS form, whose people an enterprise connection signs in. */
function domainsOf(connection: Pick<Connection, 'strategy' | 'options'>): string[] {
  return isEnterprise(connection.strategy) ? boundDomains(connection) : [];
}
