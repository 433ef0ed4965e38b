import { sql } from 'kysely';
import { type Db, deletionOf } from '../../platform/db/db.ts';

/** Deletes up to `limit` invitations that ended before a moment, accepted or not. Returns how many it deleted. */
export const deleteOldInvitations = deletionOf('invitations', {
  key: ['id'],
  ended: 'expires_at',
});

/** Deletes up to `limit` campaigns from before a moment that have no invitation any more. Returns how many it deleted. */
export async function deleteEmptyCampaigns(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from campaigns where id in (
      select c.id from campaigns c
      where c.created_at < ${before} and not exists (select 1 from invitations i where i.campaign_id = c.id)
      order by c.created_at limit ${limit})`.execute(db);
  return Number(numAffectedRows);
}
