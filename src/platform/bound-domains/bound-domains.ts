import { canonicalEmail, domainOf } from '../email-address/email-address.ts';

/** Returns a domain in the form that it has in canonical addresses, or `null` if no address can have it. */
export function canonicalDomain(domain: string): string | null {
  const email = domain.includes('@') ? null : canonicalEmail(`a@${domain.trim()}`);
  return email === null ? null : domainOf(email);
}

/**
 * Returns the domains of email addresses that the options of a connection bind to it, in canonical form: `tenant_domain` and
 * `domain_aliases`, and for Google Workspace `domain`. What is no domain is left out.
 */
export function boundDomains({
  strategy,
  options,
}: {
  strategy: string;
  options: Readonly<Record<string, unknown>>;
}): string[] {
  const { domain, tenant_domain: own, domain_aliases: aliases } = options;
  const named = [strategy === 'google-apps' ? domain : null, own, aliases].flat();
  const domains = named.flatMap((each) =>
    typeof each === 'string' ? (canonicalDomain(each) ?? []) : [],
  );
  return [...new Set(domains)];
}
