import { canonicalEmail } from '../../platform/email-address/email-address.ts';
import { domainOf } from './claims.ts';

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
export function isInBoundDomain(options: Options, email: string): boolean {
  const bound = [...domainList(options.tenant_domain), ...domainList(options.domain_aliases)];
  return bound.includes(domainOf(email));
}

/** Returns domains in DNS form, as in canonical addresses, from one or a list. */
export function domainList(value: unknown): string[] {
  const texts = Array.isArray(value) ? value : [value];
  return texts.flatMap((text) => {
    if (typeof text !== 'string') return [];
    const email = canonicalEmail(`a@${text.trim()}`);
    return email === null ? [] : [email.slice(2)];
  });
}
