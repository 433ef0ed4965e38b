import { Refusal } from '../../platform/refusal/refusal.ts';
import type { UserChanges } from '../../records/users/users.ts';

/** In Auth0's words, which name one thing: where several are new, it is one of them. */
export function takenName({ email, username, phoneNumber }: UserChanges): Refusal {
  const given = { email, username, 'phone number': phoneNumber };
  const names = Object.entries(given).flatMap(([name, value]) => (value ? [name] : []));
  return new Refusal('auth0_idp_error', `The specified new ${names.join(' or ')} already exists`);
}
