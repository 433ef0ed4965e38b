import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** What `app_metadata` says of a user that an invitation has made, until the first login or the acceptance. */
export const INVITED_STATUS = { status: 'invited' } as const;

/**
 * Whether an invitation wrote that status: it made the user, who has not logged in yet. An operator's own status `invited` stays.
 * PostgreSQL looks for the invitation only if the rest is true.
 */
const hasIt = sql<SqlBool>`case when users.logins_count = 0 and users.app_metadata->>'status' = ${INVITED_STATUS.status}
  then exists (select 1 from invitations i where i.user_id = users.id and i.made_user) else false end`;

/** The user's `app_metadata` without that status. Any other status stays. */
export const withoutInvitedStatus = sql`case when ${hasIt}
  then nullif(users.app_metadata - 'status', '{}'::jsonb) else users.app_metadata end`;

/** Removes that status from users. Any other status stays. */
export async function endInvitedStatus(
  tx: Db,
  { userIds, at }: { userIds: string[]; at: Date },
): Promise<void> {
  await sql`update users set app_metadata = ${withoutInvitedStatus}, updated_at = ${at}
    where id = any(${userIds}::text[]) and ${hasIt}`.execute(tx);
}
