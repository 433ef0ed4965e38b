import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { newId, randomAlnum } from '../../platform/ids/ids.ts';
import {
  type CustomDomain,
  clearDefaultDomain,
  customDomainByName,
  customDomains,
  type DomainSettings,
  deleteCustomDomain,
  insertCustomDomain,
  MAX_DOMAINS,
  setDefaultDomain,
  updateCustomDomain,
} from '../../records/custom-domains/custom-domains.ts';

export type ManageDomainsDeps = {
  db: Db;
  clock: Clock;
  /** Origin of this server, without a trailing slash. */
  publicUrl: string;
};

/**
 * Adds a domain that is not verified yet.
 * @param input.domain in any case
 * @returns `duplicate` also for the domain of this server
 */
export async function addDomain(
  { db, clock, publicUrl }: ManageDomainsDeps,
  input: { domain: string; type: string; settings: DomainSettings },
): Promise<{ kind: 'added'; domain: CustomDomain } | { kind: 'duplicate' } | { kind: 'too_many' }> {
  const name = input.domain.toLowerCase();
  if (name === new URL(publicUrl).hostname) return { kind: 'duplicate' };
  if ((await customDomains(db, { limit: MAX_DOMAINS })).length >= MAX_DOMAINS) {
    return { kind: 'too_many' };
  }
  const domain: CustomDomain = {
    id: newId('cd'),
    domain: name,
    type: input.type,
    verification: randomAlnum(32),
    verifiedAt: null,
    isDefault: false,
    settings: input.settings,
    createdAt: clock.now(),
  };
  const { kind } = await insertCustomDomain(db, domain);
  return kind === 'inserted' ? { kind: 'added', domain } : { kind };
}

/** Changes the settings that `settings` names. Returns `null` if there is no such domain. */
export function changeDomain(
  { db }: { db: Db },
  id: string,
  settings: DomainSettings,
): Promise<CustomDomain | null> {
  return updateCustomDomain(db, id, settings);
}

/** Deletes a domain, except the default. */
export function removeDomain(
  { db }: { db: Db },
  id: string,
): Promise<{ kind: 'deleted' | 'missing' | 'default' }> {
  return deleteCustomDomain(db, id);
}

/** Makes a verified domain the default for links without a named domain. `null` removes the default. */
export async function chooseDefaultDomain(
  { db }: { db: Db },
  domain: string | null,
): Promise<{ kind: 'chosen'; domain: CustomDomain | null } | { kind: 'not_verified' }> {
  return transaction(db, async (tx) => {
    const found = domain === null ? null : await customDomainByName(tx, domain);
    if (domain !== null && !found?.verifiedAt) return { kind: 'not_verified' };
    await clearDefaultDomain(tx);
    if (domain === null) return { kind: 'chosen', domain: null };
    const chosen = await setDefaultDomain(tx, domain);
    // The domain was deleted in the meantime. Deleting it also removed the former default, as intended.
    return chosen === null ? { kind: 'not_verified' } : { kind: 'chosen', domain: chosen };
  });
}
