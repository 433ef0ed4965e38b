import { boundDomains } from '../../platform/bound-domains/bound-domains.ts';
import { domainOf } from '../../platform/email-address/email-address.ts';

type Options = Readonly<Record<string, unknown>>;

export function textOption(options: Options, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

export function objectOption(options: Options, name: string): Record<string, unknown> {
  const value = options[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Returns a list of texts, from a list or from a text with blanks or commas between them. */
export function listOption(options: Options, name: string): string[] {
  const value = options[name];
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((part) => part !== '');
  return Array.isArray(value)
    ? value.filter((each) => typeof each === 'string' && each !== '')
    : [];
}

/** Returns whether the domain of an address is bound to the connection: `domain_aliases` or `tenant_domain`. */
export function isInBoundDomain(
  provider: { strategy: string; options: Options },
  email: string,
): boolean {
  return boundDomains(provider).includes(domainOf(email));
}
