import type { Db } from '../../platform/db/db.ts';
import { invitationStatesOf } from '../../records/invitations/invitations.ts';
import { havePasswords } from '../../records/passwords/passwords.ts';
import type { Person } from './people.ts';

/** Marks the people of a batch who can already log in, or have declined. Users created for this request always count as new. */
export async function leaveOutActive(
  tx: Db,
  input: { people: Person[]; clientId: string | null; now: Date },
): Promise<void> {
  const known = input.people.filter(
    ({ user, isNew, problem }) => user !== null && !isNew && problem === null,
  );
  if (known.length === 0) return;
  const userIds = known.flatMap(({ user }) => user?.id ?? []);
  const withPassword = await havePasswords(tx, userIds);
  const clientKey = input.clientId ?? '';
  const { accepted, declined } = await invitationStatesOf(tx, {
    userIds,
    clientKey,
    now: input.now,
  });
  for (const person of known) {
    const { user } = person;
    if (user === null) continue;
    if (withPassword.has(user.id)) person.leftOut = 'has_password';
    else if (user.loginsCount > 0) person.leftOut = 'has_logged_in';
    else if (accepted.has(user.id)) person.leftOut = 'has_accepted';
    else if (declined.has(user.id)) person.leftOut = 'has_declined';
  }
}
