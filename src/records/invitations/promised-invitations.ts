import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { isReservedUserId } from '../../platform/ids/ids.ts';
import {
  type AcceptedBy,
  type Invitation,
  type InvitationRow,
  invitationColumns,
  invitationFromRow,
} from './invitation-row.ts';

/** An open invitation to a person who has proved the invited address. */
export type Promised = {
  id: string;
  createdAt: Date;
  /** The person's account that proves the address, and the strategy of its connection. */
  proofId: string;
  /** The invited account, or `null` if the address was invited. */
  invitedId: string | null;
  strategy: string;
};

/**
 * Returns the open invitations, for an application or for none, that a person accepts by logging in there. Their plan allows it, and the
 * person has proved the invited address, in a connection that the plan and the organization allow: in the invited account, or in one
 * without a password that proves the address at every login. A provider proves it only if it runs the mailbox, and for the address that the
 * account has there now: others may know the person who had the mailbox before (docs/decisions/0038). An account of another database counts
 * as another person, unless only the address was invited. Administrators accept none.
 * @param input.id only this one
 */
export async function promisedTo(
  db: Db,
  input: { userId: string; clientId: string; now: Date; id?: string },
): Promise<Promised[]> {
  const { userId, clientId, now, id } = input;
  if (isReservedUserId(userId)) return [];
  const { rows } = await sql<{
    id: string;
    created_at: Date;
    proof_id: string;
    invited_id: string | null;
    strategy: string;
  }>`
    select distinct on (i.id) i.id, i.created_at, proof.id as proof_id, i.user_id as invited_id, store.strategy
    from users proof
    join connections store on store.id = proof.connection_id
    join invitations i on i.email = proof.email and i.client_key in (${clientId}, '')
      and i.state = 'pending' and i.expires_at > ${now}
    join campaigns c on c.id = i.campaign_id
    left join users invited on invited.id = i.user_id
    left join provided_identities said on said.user_id = proof.id
    join users person on person.id = ${userId}
    where (proof.id = ${userId} or proof.linked_to = ${userId}) and proof.email_verified and proof.blocked is not true
      and (store.strategy in ('auth0', 'email', 'sms') or (said.is_authoritative and said.profile->>'email' = i.email))
      and person.blocked is not true and person.linked_to is null
      and (i.user_id is null or (invited.email = i.email and invited.blocked is not true
        and (invited.id = ${userId} or invited.linked_to = ${userId} or store.strategy <> 'auth0')))
      and (c.plan->'connectionIds' is null or c.plan->'connectionIds' @> to_jsonb(store.id))
      and ${isUsedByOrganization(sql`store.id`)}
      and ${id === undefined ? sql`true` : sql`i.id = ${id}`}
      and coalesce(c.plan->>'inviteeMay', 'any_proof') = 'any_proof'
    order by i.id, (proof.id = i.user_id) desc`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    proofId: row.proof_id,
    invitedId: row.invited_id,
    strategy: row.strategy,
  }));
}

/** Whether the organization of an invitation `i`, if it has one, uses a connection. */
function isUsedByOrganization(connectionId: RawBuilder<unknown>) {
  return sql`(i.organization_id is null or exists (select 1 from organization_connections used
    where used.organization_id = i.organization_id and used.connection_id = ${connectionId}))`;
}

/** Uses up one of {@link promisedTo}. One caller gets it, the others get `null`. */
export async function acceptPromised(
  tx: Db,
  input: { id: string; userId: string; leavesUser: boolean; by: AcceptedBy; now: Date },
): Promise<Invitation | null> {
  const { rows } = await sql<InvitationRow>`
    update invitations i set state = 'accepted', accepted_at = ${input.now}, accepted_by = ${input.by},
      accepted_user_id = ${input.userId}, user_id = case when ${input.leavesUser} then null else user_id end
    where i.id = ${input.id} and i.state = 'pending' and i.expires_at > ${input.now}
    returning ${invitationColumns('i')}`.execute(tx);
  return rows[0] ? invitationFromRow(rows[0]) : null;
}

/**
 * Accepts open invitations of users without asking them. The statement judges the users once more: each still has the invited address,
 * verified, and neither the account nor its person is blocked. Hold the users before. Returns those that were accepted.
 */
export async function acceptAtOnce(
  tx: Db,
  { ids, now }: { ids: string[]; now: Date },
): Promise<Invitation[]> {
  const { rows } = await sql<InvitationRow>`
    update invitations i set state = 'accepted', accepted_at = ${now}, accepted_by = 'grant', accepted_user_id = person.id
    from users u join users person on person.id = coalesce(u.linked_to, u.id)
    where u.id = i.user_id and i.id = any(${ids}::text[]) and i.state = 'pending' and i.expires_at > ${now}
      and u.email = i.email and u.email_verified and u.blocked is not true and person.blocked is not true
    returning ${invitationColumns('i')}`.execute(tx);
  return rows.map(invitationFromRow);
}

/**
 * Returns whether an address has an open invitation that a login with this connection accepts, for the application of the login or for none:
 * as at Auth0, an invitation is to one application.
 * @param input.organizationId the organization of the login: only an invitation to it counts. The login carries the link of one that only
 * the link accepts.
 */
export async function isInvited(
  db: Db,
  input: LoginThere & { organizationId: string | null },
): Promise<boolean> {
  const { organizationId } = input;
  const { rows } = await sql`
    select 1 from invitations i join campaigns c on c.id = i.campaign_id
    where ${isAcceptedByLogin(input)}
      and ${
        organizationId === null
          ? sql`coalesce(c.plan->>'inviteeMay', 'any_proof') = 'any_proof'`
          : sql`i.organization_id = ${organizationId}`
      } limit 1`.execute(db);
  return rows.length > 0;
}

/** A login with a connection, by a person who proves an address. */
export type LoginThere = {
  email: string;
  connectionId: string;
  clientId: string | null;
  now: Date;
};

/** Whether an invitation `i` of a campaign `c` is open, to this address, and for a login like this one. What its plan says of proofs aside. */
export function isAcceptedByLogin({ email, connectionId, clientId, now }: LoginThere) {
  return sql`i.email = ${email} and i.client_key in (${clientId ?? ''}, '')
    and i.state = 'pending' and i.expires_at > ${now}
    and (c.plan->'connectionIds' is null or c.plan->'connectionIds' ? ${connectionId})
    and ${isUsedByOrganization(sql`${connectionId}`)}`;
}
