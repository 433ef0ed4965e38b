import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';

/** Ids of the objects whose users must show a second factor. */
export type RuleSubjects = { roles: string[]; organizations: string[]; clients: string[] };

/** A rule that asks for a second factor, with the id of its role, organization or application. */
export type MatchedRule = { kind: 'role' | 'organization' | 'application'; id: string };

/** Returns the objects of all rules, in the order of their ids. Deleted ones are omitted. */
export async function readRuleSubjects(db: Db): Promise<RuleSubjects> {
  const { rows } = await sql<MatchedRule>`
    select 'role' as kind, role_id as id from second_factor_rules where role_id is not null
    union all select 'organization', organization_id from second_factor_rules
      join organizations o on o.id = organization_id where o.deleted_at is null
    union all select 'application', client_id from second_factor_rules
      join clients c on c.id = client_id where c.deleted_at is null
    order by id`.execute(db);
  const of = (kind: MatchedRule['kind']) =>
    rows.flatMap((row) => (row.kind === kind ? [row.id] : []));
  return { roles: of('role'), organizations: of('organization'), clients: of('application') };
}

/** Replaces the objects of all rules. They must exist and be held, and other writers wait, until the transaction ends. */
export async function replaceRuleSubjects(tx: Db, subjects: RuleSubjects): Promise<void> {
  const { roles, organizations, clients } = subjects;
  await sql`delete from second_factor_rules`.execute(tx);
  await sql`
    insert into second_factor_rules (role_id, organization_id, client_id)
    select distinct id, null::text, null::text from jsonb_array_elements_text(${JSON.stringify(roles)}::jsonb) id
    union all select distinct null::text, id, null::text from jsonb_array_elements_text(${JSON.stringify(organizations)}::jsonb) id
    union all select distinct null::text, null::text, id from jsonb_array_elements_text(${JSON.stringify(clients)}::jsonb) id`.execute(
    tx,
  );
}

/**
 * Returns the rules that apply to a login: to the user's roles everywhere, to those in the organization of the login, to the organization,
 * and to the application.
 */
export async function matchedRules(
  db: Db,
  login: { userId: string; clientId: string; organizationId: string | null },
): Promise<MatchedRule[]> {
  const { userId, clientId, organizationId } = login;
  const { rows } = await sql<MatchedRule>`
    select 'role' as kind, role_id as id from second_factor_rules where role_id in (
      select role_id from user_roles where user_id = ${userId}
      union all select role_id from organization_member_roles
        where user_id = ${userId} and organization_id = ${organizationId}::text)
    union all select 'organization', organization_id from second_factor_rules
      where organization_id = ${organizationId}::text
    union all select 'application', client_id from second_factor_rules where client_id = ${clientId}
    order by kind, id`.execute(db);
  return rows;
}
