import { type Db, deleteOver } from '../../platform/db/db.ts';

/** Deletes up to `limit` links that ended before a moment, used or not. Returns how many it deleted. */
export function deleteOldTickets(db: Db, over: { before: Date; limit: number }): Promise<number> {
  return deleteOver(db, 'tickets', { ...over, key: ['id'], ended: 'expires_at' });
}
