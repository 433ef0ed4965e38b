import { type Db, deleteOver } from '../../platform/db/db.ts';

/** Deletes up to `limit` invitations that ended before a moment, accepted or not. Returns how many it deleted. */
export function deleteOldInvitations(
  db: Db,
  over: { before: Date; limit: number },
): Promise<number> {
  return deleteOver(db, 'invitations', { ...over, key: ['id'], ended: 'expires_at' });
}
