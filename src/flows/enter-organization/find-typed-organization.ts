import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  findOrganizationByName,
  type Organization,
} from '../../records/organizations/organizations.ts';
import { addressKey, countAttempt } from '../../records/throttles/throttles.ts';

const NAMES_PER_ADDRESS = 100;
const WINDOW_SECONDS = 3600;

export type TypedOrganization =
  | { kind: 'found'; organization: Organization }
  | { kind: 'unknown' }
  /** Too many names were tried from this address. */
  | { kind: 'throttled' };

/**
 * Finds the organization whose name a person has typed. Up to 100 names per hour from one address, so that nobody can list the names.
 * @param input.name in lower case
 */
export async function findTypedOrganization(
  { db, clock }: { db: Db; clock: Clock },
  { name, ip }: { name: string; ip: string },
): Promise<TypedOrganization> {
  const key = addressKey('organization-name', ip);
  const window = { windowSeconds: WINDOW_SECONDS, now: clock.now() };
  if ((await countAttempt(db, { key, ...window })) > NAMES_PER_ADDRESS) {
    return { kind: 'throttled' };
  }
  const organization = name === '' ? null : await findOrganizationByName(db, name);
  return organization === null ? { kind: 'unknown' } : { kind: 'found', organization };
}
