import type { Db } from '../../platform/db/db.ts';
import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import type { Connection } from './connection-row.ts';
import { connectionsOfClient } from './enabled-clients.ts';
import { stringsOf } from './option-values.ts';
import { isEnterprise } from './strategies.ts';

/**
 * Returns the connection of the organization to which an email address belongs: the first enterprise connection of the application, in the
 * order of their creation, that has the domain in `tenant_domain` or `domain_aliases`. Domains are compared in DNS form (`xn--…`, lower
 * case). Two connections may have one domain, for different applications or while one replaces the other.
 */
export async function connectionOfDomain(
  db: Db,
  { clientId, email }: { clientId: string; email: string },
): Promise<Connection | null> {
  const domain = domainOf(canonicalEmail(email));
  if (domain === null) return null;
  const usable = await connectionsOfClient(db, clientId);
  return usable.find((connection) => domainsOf(connection).includes(domain)) ?? null;
}

/** Returns the domains, in DNS form, whose people an enterprise connection signs in. */
export function domainsOf({
  strategy,
  options,
}: Pick<Connection, 'strategy' | 'options'>): string[] {
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
