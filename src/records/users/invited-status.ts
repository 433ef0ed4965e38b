import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** What `app_metadata` says of a user that an invitation has made, until the first login or the acceptance. */
export const INVITED_STATUS = { status: 'invited' } as const;

/** The user's `app_metadata` without that status. Any other status stays. */
export const withoutInvitedStatus = sql`case when app_metadata->>'status' = ${INVITED_STATUS.status}
  then nullif(app_metadata - 'status', '{}'::jsonb) else app_metadata end`;

/** Removes that status. Any other status stays. */
export async function endInvitedStatus(
  tx: Db,
  { userId, at }: { userId: string; at: Date },
): Promise<void> {
  await sql`update users set app_metadata = ${withoutInvitedStatus}, updated_at = ${at}
    where id = ${userId} and app_metadata->>'status' = ${INVITED_STATUS.status}`.execute(tx);
}
