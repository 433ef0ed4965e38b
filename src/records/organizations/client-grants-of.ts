import { sql } from 'kysely';
import { type Db, sqlState } from '../../platform/db/db.ts';

/** Maximum number of grants of one organization. */
export const MAX_GRANTS = 100;
const FOREIGN_KEY_VIOLATION = '23503';

/** Lets the application of this grant call its API for the organization. */
export async function addClientGrant(
  tx: Db,
  input: { organizationId: string; grantId: string; now: Date },
): Promise<{ kind: 'added' | 'duplicate' | 'full' | 'missing' }> {
  // One at a time per organization, so that parallel calls cannot exceed the limit.
  await sql`select 1 from organizations where id = ${input.organizationId} for update`.execute(tx);
  const { rows } = await sql<{ grant_id: string }>`
    select grant_id from organization_client_grants where organization_id = ${input.organizationId}`.execute(
    tx,
  );
  if (rows.some((row) => row.grant_id === input.grantId)) return { kind: 'duplicate' };
  if (rows.length >= MAX_GRANTS) return { kind: 'full' };
  try {
    await sql`insert into organization_client_grants (organization_id, grant_id, created_at)
      values (${input.organizationId}, ${input.grantId}, ${input.now})`.execute(tx);
    return { kind: 'added' };
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) return { kind: 'missing' };
    throw error;
  }
}

export async function removeClientGrant(
  db: Db,
  key: { organizationId: string; grantId: string },
): Promise<void> {
  await sql`delete from organization_client_grants
    where organization_id = ${key.organizationId} and grant_id = ${key.grantId}`.execute(db);
}

/** Returns the ids of all grants, up to {@link MAX_GRANTS}, oldest first. */
export async function clientGrantIds(db: Db, organizationId: string): Promise<string[]> {
  const { rows } = await sql<{ grant_id: string }>`
    select grant_id from organization_client_grants
    where organization_id = ${organizationId} order by created_at, grant_id`.execute(db);
  return rows.map((row) => row.grant_id);
}
