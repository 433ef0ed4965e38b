import { type Db, deleteOver } from '../../platform/db/db.ts';

/** Forgets links that ended before a moment, used or not, at most `limit` at once. Returns how many went. */
export function deleteOldTickets(db: Db, over: { before: Date; limit: number }): Promise<number> {
  return deleteOver(db, 'tickets', { ...over, key: ['id'], ended: 'expires_at' });
}
