import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { notedVersion, noteVersion, renewVersion } from '../../platform/request-context/request-context.ts';

/**
 * Ends what people are signed in with, and their logins under way: what those write yet rests on an earlier epoch. The request at hand
 * goes on in the new one, because it has just stored the new password, or shown otherwise who the person is.
 */
export async function endEpochs(db: Db, userIds: string[]): Promise<void> {
  if (userIds.length === 0) return;
  const { rows } = await sql<{ user_id: string; epoch: number }>`
    with ended as (delete from oidc_payloads where account_id = any(${userIds}::text[]))
    insert into login_epochs (user_id, epoch)
    select distinct who, 1 from unnest(${userIds}::text[]) who order by who
    on conflict (user_id) do update set epoch = login_epochs.epoch + 1
    returning user_id, epoch`.execute(db);
  for (const { user_id, epoch } of rows) renewVersion(user_id, epoch);
}

/** The epoch that what the request at hand leaves for this person is bound to: the oldest that it has read of them. */
export async function ofThisRequest(db: Db, userId: string): Promise<number> {
  return notedVersion(userId) ?? (await present(db, userId));
}

/** Whether nothing has ended this person's logins since the request at hand read them. */
export async function isCurrent(db: Db, userId: string): Promise<boolean> {
  const noted = notedVersion(userId);
  return noted === null || noted === (await present(db, userId));
}

/**
 * Whether what somebody was given in that epoch counts still; what the request at hand leaves for them is bound to the present one then.
 * @param said what a token says, which is nothing where it is older than the claim: such a token counts no more
 */
export async function isStill(db: Db, userId: string, said: unknown): Promise<boolean> {
  const epoch = await present(db, userId);
  noteVersion(userId, epoch);
  return said === epoch;
}

async function present(db: Db, userId: string): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`select login_epoch(${userId}) as epoch`.execute(db);
  return rows[0]?.epoch ?? 0;
}
