import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** A scope of an API, under its API name. */
export type PermissionKey = { audience: string; permission: string };

/** A permission as shown in lists. */
export type PermissionOfRole = PermissionKey & {
  resourceServerName: string | null;
  description: string | null;
};

/** The source of a user's permission: a role, or `null` for a direct one. */
export type PermissionSource = { role: { id: string; name: string } | null };
export type SourcedPermission = PermissionOfRole & { sources: PermissionSource[] };

/** The holder of permissions. */
export type Holder = { kind: 'role' | 'user'; id: string };

export type Granted =
  | { kind: 'granted' }
  | { kind: 'no_holder' }
  | { kind: 'unknown_api' }
  | { kind: 'unknown_permission'; permissions: string[] };

type Page = { offset: number; limit: number };
type Row = {
  audience: string;
  permission: string;
  resource_server_name: string | null;
  description: string | null;
};

// Only scopes that the API still has, with the API's description. `had` has the permission and the API's id.
const described = sql`
  join resource_servers api on api.id = had.resource_server_id
  cross join lateral (
    select scope->>'description' as description from jsonb_array_elements(api.scopes) scope
    where scope->>'value' = had.permission limit 1
  ) words`;
const columns = sql`api.identifier as audience, had.permission, api.name as resource_server_name, words.description`;

/** The tables of a holder's permissions. */
const writes = {
  role: {
    holders: sql`roles where true`,
    insert: sql`insert into role_permissions (role_id, resource_server_id, permission)`,
    remove: sql`delete from role_permissions held`,
    holder: sql`held.role_id`,
  },
  user: {
    // A linked identity is not a user.
    holders: sql`users where linked_to is null`,
    insert: sql`insert into user_permissions (user_id, resource_server_id, permission)`,
    remove: sql`delete from user_permissions held`,
    holder: sql`held.user_id`,
  },
} as const;

/** A user's direct permissions and those of the user's own roles. A permission appears once for each source. */
const hadBy = (userId: string) => sql`(
  select resource_server_id, permission, null as role_id from user_permissions where user_id = ${userId}
  union all
  select rp.resource_server_id, rp.permission, rp.role_id
  from user_roles ur join role_permissions rp on rp.role_id = ur.role_id where ur.user_id = ${userId})`;

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

/**
 * Gives permissions to a role or a user, all or none; existing ones stay. It must run in a transaction, which keeps the found objects from
 * being deleted.
 */
export async function grant(tx: Db, holder: Holder, keys: PermissionKey[]): Promise<Granted> {
  const { holders, insert } = writes[holder.kind];
  const { rows: found } = await sql`
    select 1 from ${holders} and id = ${holder.id} for key share`.execute(tx);
  if (found.length === 0) return { kind: 'no_holder' };
  const audiences = [...new Set(keys.map((key) => key.audience))];
  const { rows: apis } = await sql<{ id: string; identifier: string; scopes: { value: string }[] }>`
    select id, identifier, scopes from resource_servers where identifier = any(${audiences}::text[])
    order by id for share`.execute(tx);
  if (apis.length < audiences.length) return { kind: 'unknown_api' };
  const known = new Map(
    apis.map((api) => [
      api.identifier,
      { id: api.id, scopes: new Set(api.scopes.map((scope) => scope.value)) },
    ]),
  );
  const unknown = keys.filter((key) => !known.get(key.audience)?.scopes.has(key.permission));
  if (unknown.length > 0) {
    return { kind: 'unknown_permission', permissions: unknown.map((key) => key.permission) };
  }
  await sql`
    ${insert}
    select ${holder.id}, api, name
    from unnest(${keys.map((key) => known.get(key.audience)?.id)}::text[],
      ${keys.map((key) => key.permission)}::text[]) as given (api, name)
    on conflict do nothing`.execute(tx);
  return { kind: 'granted' };
}

/** See `grantKnownPermissions` in roles.ts. */
export async function grantKnown(
  tx: Db,
  { userIds, keys }: { userIds: string[]; keys: PermissionKey[] },
): Promise<void> {
  if (keys.length === 0) return;
  const audiences = keys.map((key) => key.audience);
  await sql`
    with held as (
      select id, identifier, scopes from resource_servers where identifier = any(${audiences}::text[]) order by id for share
    )
    insert into user_permissions (user_id, resource_server_id, permission)
    select u.id, held.id, given.name
    from unnest(${audiences}::text[], ${keys.map((key) => key.permission)}::text[]) as given (audience, name)
    join held on held.identifier = given.audience
      and held.scopes @> jsonb_build_array(jsonb_build_object('value', given.name))
    cross join unnest(${userIds}::text[]) as u (id)
    order by 1, 2, 3
    on conflict do nothing`.execute(tx);
}

/** Removes permissions. Missing ones are ignored. */
export async function revoke(db: Db, holder: Holder, keys: PermissionKey[]): Promise<void> {
  const { remove, holder: column } = writes[holder.kind];
  await sql`
    ${remove}
    using unnest(${keys.map((key) => key.audience)}::text[], ${keys.map((key) => key.permission)}::text[]) as taken (audience, name)
    join resource_servers api on api.identifier = taken.audience
    where ${column} = ${holder.id} and held.resource_server_id = api.id and held.permission = taken.name`.execute(
    db,
  );
}

/** Returns a page of a role's permissions, and their total number. */
export async function pageOfRole(
  db: Db,
  { roleId, offset, limit }: Page & { roleId: string },
): Promise<{ permissions: PermissionOfRole[]; total: number }> {
  const had = sql`from role_permissions had ${described} where had.role_id = ${roleId}`;
  const { rows } = await sql<Row>`
    select ${columns} ${had} order by had.resource_server_id, had.permission offset ${offset} limit ${limit}`.execute(
    db,
  );
  return { permissions: rows.map(toPermission), total: await countOf(db, sql`select 1 ${had}`) };
}

/** Returns a page of a user's permissions, direct and by roles, and their total number. */
export async function pageOfUser(
  db: Db,
  { userId, offset, limit }: Page & { userId: string },
): Promise<{ permissions: SourcedPermission[]; total: number }> {
  const had = sql`from ${hadBy(userId)} had ${described}`;
  const permissions = await sourced(db, {
    had,
    order: sql`api.id, had.permission offset ${offset}`,
    limit,
  });
  return {
    permissions,
    total: await countOf(db, sql`select distinct api.id, had.permission ${had}`),
  };
}

/** Returns a user's permissions for one API, in the order of their names. */
export function effectiveAt(
  db: Db,
  page: { userId: string; audience: string; after: string | null; limit: number },
): Promise<SourcedPermission[]> {
  const had = sql`from ${hadBy(page.userId)} had ${described}
    where api.identifier = ${page.audience} and had.permission collate "C" > ${page.after ?? ''}`;
  return sourced(db, { had, order: sql`had.permission collate "C"`, limit: page.limit });
}

/** Removes all permissions for scopes that an API no longer has. */
export async function forgetScopes(
  tx: Db,
  input: { resourceServerId: string; kept: string[] },
): Promise<void> {
  for (const { remove } of Object.values(writes)) {
    await sql`
      ${remove}
      where resource_server_id = ${input.resourceServerId} and permission <> all(${input.kept}::text[])`.execute(
      tx,
    );
  }
}

async function sourced(
  db: Db,
  { had, order, limit }: { had: RawBuilder<unknown>; order: RawBuilder<unknown>; limit: number },
): Promise<SourcedPermission[]> {
  const { rows } = await sql<Row & { role_ids: (string | null)[]; role_names: (string | null)[] }>`
    select ${columns}, array_agg(had.role_id order by had.role_id nulls first) as role_ids,
      array_agg((select name from roles where id = had.role_id) order by had.role_id nulls first) as role_names
    ${had}
    group by api.id, had.permission, words.description
    order by ${order} limit ${limit}`.execute(db);
  return rows.map((row) => ({
    ...toPermission(row),
    sources: row.role_ids.map((id, index) => ({
      role: id === null ? null : { id, name: row.role_names[index] ?? '' },
    })),
  }));
}

async function countOf(db: Db, query: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{
    n: number;
  }>`select count(*)::int as n from (${query}) counted`.execute(db);
  return rows[0]?.n ?? 0;
}

function toPermission(row: Row): PermissionOfRole {
  return {
    audience: row.audience,
    permission: row.permission,
    resourceServerName: row.resource_server_name,
    description: row.description,
  };
}
