import { deletionOf } from '../../platform/db/db.ts';

/** Deletes up to `limit` invitations that ended before a moment, accepted or not. Returns how many it deleted. */
export const deleteOldInvitations = deletionOf('invitations', {
  key: ['id'],
  ended: 'expires_at',
});
