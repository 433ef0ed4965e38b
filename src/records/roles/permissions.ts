import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** See `permissionsOfUser` in roles.ts. */
export async function permissionNames(
  db: Db,
  input: { userId: string; audience: string; organizationId: string | null },
): Promise<string[]> {
  const { userId, audience, organizationId } = input;
  const ofOrganization =
    organizationId === null
      ? sql``
      : sql`union
          select rp.permission from organization_member_roles omr
          join role_permissions rp on rp.role_id = omr.role_id and rp.resource_server_id = api.id
          where omr.organization_id = ${organizationId} and omr.user_id = ${userId}`;
  const { rows } = await sql<{ permission: string }>`
    select had.permission
    from resource_servers api
    cross join lateral (
      select permission from user_permissions up where up.user_id = ${userId} and up.resource_server_id = api.id
      union
      select rp.permission from user_roles ur
      join role_permissions rp on rp.role_id = ur.role_id and rp.resource_server_id = api.id
      where ur.user_id = ${userId}
      ${ofOrganization}
    ) had
    where api.identifier = ${audience}
      and api.scopes @> jsonb_build_array(jsonb_build_object('value', had.permission))
    order by had.permission collate "C"`.execute(db);
  return rows.map((row) => row.permission);
}
