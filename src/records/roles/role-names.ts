import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** See `roleNamesOfUser` in roles.ts. */
export async function roleNames(
  db: Db,
  { userId, organizationId }: { userId: string; organizationId: string | null },
): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select r.name from roles r where r.id in (
      select role_id from user_roles where user_id = ${userId}
      union
      select role_id from organization_member_roles
      where organization_id = ${organizationId} and user_id = ${userId})
    order by r.name collate "C"`.execute(db);
  return rows.map(({ name }) => name);
}
