import { Refusal } from '../../platform/refusal/refusal.ts';
import type { UserChanges } from '../../records/users/users.ts';

/** Returns Auth0's refusal for a taken name, which names a single field. If several are new, one of them is taken. */
export function takenName({ email, username, phoneNumber }: UserChanges): Refusal {
  const given = { email, username, 'phone number': phoneNumber };
  const names = Object.entries(given).flatMap(([name, value]) => (value ? [name] : []));
  return new Refusal('name_taken', `The specified new ${names.join(' or ')} already exists`);
}
