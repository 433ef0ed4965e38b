import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import {
  notedVersion,
  noteVersion,
  renewVersion,
} from '../../platform/request-context/request-context.ts';

/**
 * Ends users' sessions and tokens, and logins in progress: their later writes still belong to an earlier epoch. The current request
 * continues in the new one, because it has just set the new password, or identified the person otherwise.
 * @param input.areGone the users are deleted: {@link deleteEpochsOfGone} deletes their epochs when they are no longer needed
 */
export async function endEpochs(
  db: Db,
  { userIds, areGone }: { userIds: string[]; areGone: boolean },
): Promise<void> {
  if (userIds.length === 0) return;
  // Epochs start at the time in minutes, so that the number of an older, deleted row never recurs.
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
 * Deletes the epochs of up to `limit` users who were deleted before that time, and late writes of their logins. If an id has a user again,
 * its epoch stays. Returns how many it examined.
 * @param input.before so early that nothing with an epoch from then can still be valid
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

/** Returns the epoch to which this request's writes for the person are bound: the oldest that it has read. */
export async function ofThisRequest(db: Db, userId: string): Promise<number> {
  return notedVersion(userId) ?? (await present(db, userId));
}

/** Returns whether the person's logins were not ended since this request read them. */
export async function isCurrent(db: Db, userId: string): Promise<boolean> {
  const noted = notedVersion(userId);
  return noted === null || noted === (await present(db, userId));
}

/**
 * Returns whether a token of that epoch is still valid. If so, the writes of this request are bound to the current epoch.
 * @param said the token's claim. Tokens from before the claim existed have none and are no longer valid.
 */
export async function isValid(db: Db, userId: string, said: unknown): Promise<boolean> {
  const epoch = await present(db, userId);
  noteVersion(userId, epoch);
  return said === epoch;
}

async function present(db: Db, userId: string): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`select login_epoch(${userId}) as epoch`.execute(db);
  return rows[0]?.epoch ?? 0;
}
