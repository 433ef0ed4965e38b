import { type Db, deleteOver } from '../../platform/db/db.ts';

/** Forgets invitations that ended before a moment, accepted or not, at most `limit` at once. Returns how many went. */
export function deleteOldInvitations(
  db: Db,
  over: { before: Date; limit: number },
): Promise<number> {
  return deleteOver(db, 'invitations', { ...over, key: ['id'], ended: 'expires_at' });
}
