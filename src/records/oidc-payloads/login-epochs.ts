import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import {
  notedVersion,
  noteVersion,
  renewVersion,
} from '../../platform/request-context/request-context.ts';

/**
 * Ends what people are signed in with, and their logins under way: what those write yet rests on an earlier epoch. The request at hand
 * goes on in the new one, because it has just stored the new password, or shown otherwise who the person is.
 * @param input.areGone they are deleted: {@link deleteEpochsOfGone} removes their epochs when those have done their duty
 */
export async function endEpochs(
  db: Db,
  { userIds, areGone }: { userIds: string[]; areGone: boolean },
): Promise<void> {
  if (userIds.length === 0) return;
  // Minutes to begin with: a number that a row of before had, which was swept, never comes again.
  const { rows } = await sql<{ user_id: string; epoch: number }>`
    with ended as (delete from oidc_payloads where account_id = any(${userIds}::text[]))
    insert into login_epochs (user_id, epoch, gone_at)
    select distinct who, (extract(epoch from now()) / 60)::integer, ${areGone ? sql`now()` : sql`null::timestamptz`}
    from unnest(${userIds}::text[]) who order by who
    on conflict (user_id) do update set epoch = greatest(login_epochs.epoch + 1, excluded.epoch), gone_at = excluded.gone_at
    returning user_id, epoch`.execute(db);
  for (const { user_id, epoch } of rows) renewVersion(user_id, epoch);
}

/**
 * Forgets epochs of people who were deleted before that time, and what a login has left late; of at most `limit` of them.
 * Of an id that is somebody's again the epoch stays. Returns how many were looked at.
 * @param input.before so early that nothing that carries an epoch and was handed out then can live
 */
export async function deleteEpochsOfGone(
  db: Db,
  input: { before: Date; limit: number },
): Promise<number> {
  const { rows } = await sql`
    with old as materialized (
      select user_id, exists (select 1 from users where users.id = user_id) as is_back from login_epochs
      where gone_at < ${input.before} order by gone_at limit ${input.limit} for update skip locked
    ), back as (
      update login_epochs set gone_at = null from old where login_epochs.user_id = old.user_id and is_back
    ), late as (
      delete from oidc_payloads using old where account_id = old.user_id and not is_back
    ), gone as (
      delete from login_epochs using old where login_epochs.user_id = old.user_id and not is_back
    )
    select user_id from old`.execute(db);
  return rows.length;
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
