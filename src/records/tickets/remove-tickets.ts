import { deletionOf } from '../../platform/db/db.ts';

/** Deletes up to `limit` links that ended before a moment, used or not. Returns how many it deleted. */
export const deleteOldTickets = deletionOf('tickets', {
  key: ['id'],
  ended: 'expires_at',
});
