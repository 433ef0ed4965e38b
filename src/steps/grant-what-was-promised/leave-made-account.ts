import type { Db } from '../../platform/db/db.ts';
import { type Invitation, isMadeOnlyFor } from '../../records/invitations/invitations.ts';
import { deleteUser } from '../../records/users/users.ts';

/**
 * Accepts an invitation, and deletes the account that was made only for it if another person accepts: nobody else could use it. Hold the
 * accounts before.
 * @param about.accepting the user who accepts, and the account that proves the address
 * @param accept the guarded UPDATE, which takes the account out of the invitation if `leavesUser`
 * @returns what `accept` returns: `null` if the invitation is not open any more
 */
export async function leaveMadeAccount(
  tx: Db,
  about: { id: string; invitedId: string | null; accepting: string[] },
  accept: (how: { leavesUser: boolean }) => Promise<Invitation | null>,
): Promise<Invitation | null> {
  const { id, invitedId, accepting } = about;
  const isAnother = invitedId !== null && !accepting.includes(invitedId);
  const left = isAnother && (await isMadeOnlyFor(tx, { id, userId: invitedId })) ? invitedId : null;
  const invitation = await accept({ leavesUser: left !== null });
  if (invitation !== null && left !== null) await deleteUser(tx, left);
  return invitation;
}
