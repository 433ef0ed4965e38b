import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { isAcceptedByLogin, type LoginThere } from './promised-invitations.ts';

/**
 * Whether nobody can log in to a user, nobody has, and nobody has given it or written into it anything since an invitation made it. It is
 * nobody's identity, and has none.
 */
function isUntouched(userId: string) {
  return sql`exists (select 1 from users where id = ${userId} and linked_to is null and updated_at <= created_at
      and logins_count = 0 and last_password_reset is null and mfa_factors is null)
    and not exists (select 1 from passwords where user_id = ${userId})
    and not exists (select 1 from users linked where linked.linked_to = ${userId})
    and not exists (select 1 from user_roles where user_id = ${userId})
    and not exists (select 1 from user_permissions where user_id = ${userId})
    and not exists (select 1 from organization_members where user_id = ${userId})
    and not exists (select 1 from authentication_methods where user_id = ${userId})`;
}

/** Returns whether the user was made for this invitation, is named by no other, and is untouched. Hold the user before. */
export async function isMadeOnlyFor(
  tx: Db,
  { id, userId }: { id: string; userId: string },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from invitations i where i.id = ${id} and i.user_id = ${userId} and i.made_user
      and not exists (select 1 from invitations other where other.user_id = ${userId} and other.id <> ${id})
      and ${isUntouched(userId)}`.execute(tx);
  return rows.length === 1;
}

/**
 * Returns whether an open invitation has made the user, a login with this connection accepts it, and the user is untouched: only the invited
 * person can have a claim to it. Hold the user before you act on it.
 * @param about.login.email the address of the user, which the person has proved
 */
export async function isMadeForLogin(
  db: Db,
  { userId, login }: { userId: string; login: LoginThere },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from invitations i join campaigns c on c.id = i.campaign_id join users u on u.id = i.user_id
    where i.user_id = ${userId} and i.made_user and u.email = i.email and u.blocked is not true
      and ${isAcceptedByLogin(login)} and coalesce(c.plan->>'inviteeMay', 'any_proof') = 'any_proof'
      and ${isUntouched(userId)} limit 1`.execute(db);
  return rows.length > 0;
}
