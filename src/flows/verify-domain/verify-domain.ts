import type { Dns } from '../../outbound/dns/dns.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type CustomDomain,
  findCustomDomain,
  markDomainVerified,
} from '../../records/custom-domains/custom-domains.ts';

export type VerifyDomainDeps = { db: Db; clock: Clock; dns: Dns };

export type VerifyDomainOutcome =
  | { kind: 'verified' | 'already'; domain: CustomDomain }
  | { kind: 'pending'; domain: CustomDomain; problem: string }
  | { kind: 'missing' };

/** Returns the TXT record that proves the ownership of a domain. */
export function proofOf(domain: CustomDomain): { name: string; value: string } {
  return {
    name: `_usher-verification.${domain.domain}`,
    value: `usher-domain-verification=${domain.verification}`,
  };
}

/** Checks whether the operator has published the TXT record. A verified domain stays verified. */
export async function verifyDomain(
  { db, clock, dns }: VerifyDomainDeps,
  id: string,
): Promise<VerifyDomainOutcome> {
  const domain = await findCustomDomain(db, id);
  if (domain === null) return { kind: 'missing' };
  if (domain.verifiedAt !== null) return { kind: 'already', domain };
  const { name, value } = proofOf(domain);
  const answer = await dns.txt(name);
  if (answer.kind === 'unavailable') {
    return {
      kind: 'pending',
      domain,
      problem: `The name server did not answer the query for ${name}. Try again later.`,
    };
  }
  if (!answer.texts.includes(value)) {
    return { kind: 'pending', domain, problem: `${name} has no TXT record "${value}".` };
  }
  const verified = await markDomainVerified(db, id, clock.now());
  return { kind: 'verified', domain: verified ?? domain };
}
