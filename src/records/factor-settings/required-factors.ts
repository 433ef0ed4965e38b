import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import type { RequiredFactor } from './factor-names.ts';

/**
 * Requires users to enroll one of these factors before their next login ends. A later requirement replaces an earlier one. Run it in the
 * transaction that accepts their invitations.
 */
export async function requireFactors(
  tx: Db,
  input: { userIds: string[]; factors: RequiredFactor[]; now: Date },
): Promise<void> {
  if (input.factors.length === 0) return;
  const userIds = [...new Set(input.userIds)];
  const factors = JSON.stringify([...new Set(input.factors)]);
  await sql`insert into required_factors (user_id, factors, created_at)
    select id, ${factors}::jsonb, ${input.now} from unnest(${userIds}::text[]) as id order by id
    on conflict (user_id) do update set factors = excluded.factors, created_at = excluded.created_at`.execute(
    tx,
  );
}

/** Returns the factors of which this user must enroll one, or `null`. */
export async function findRequirement(db: Db, userId: string): Promise<RequiredFactor[] | null> {
  const { rows } = await sql<{ factors: RequiredFactor[] }>`
    select factors from required_factors where user_id = ${userId}`.execute(db);
  return rows[0]?.factors ?? null;
}

/** Ends the requirement of a user who has one of these factors. A requirement that came in the meantime stays. */
export async function fulfilRequirement(
  db: Db,
  input: { userId: string; factors: RequiredFactor[] },
): Promise<void> {
  await sql`delete from required_factors
    where user_id = ${input.userId} and factors = ${JSON.stringify(input.factors)}::jsonb`.execute(
    db,
  );
}
