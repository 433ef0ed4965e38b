import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId, randomAlnum } from '../../platform/ids/ids.ts';
import { type FlowRow, type FlowState, flowFromRow, type InvitationFlow } from './flow-row.ts';

export type { FlowCredential, FlowPhone, FlowState, InvitationFlow, SentCode } from './flow-row.ts';

/** A flow ends this long after its last change. The link stays valid and starts another. */
export const FLOW_SECONDS = 24 * 3600;

const EMPTY: FlowState = {
  campaignId: null,
  profile: null,
  credential: null,
  phone: null,
  totp: null,
};

/**
 * Starts a flow, if no other is under way for the same invitation. One that has expired, or began before the invitation was made anew, is
 * replaced. Of many at once exactly one starts.
 * @returns the flow and the secret of the browser, of which only the hash is stored; `null` if one is under way
 */
export async function startFlow(
  db: Db,
  input: { invitationId: string; campaignId: string; clientId: string | null; now: Date },
): Promise<{ flow: InvitationFlow; secret: string } | null> {
  const { invitationId, campaignId, clientId, now } = input;
  const secret = newFlowSecret();
  const state = JSON.stringify({ ...EMPTY, campaignId });
  const { rows } = await sql<FlowRow>`
    insert into invitation_flows (id, invitation_id, client_id, secret_hash, state, created_at, expires_at)
    values (${newId('flw')}, ${invitationId}, ${clientId}, ${sha256(secret)}, ${state}::jsonb, ${now},
      ${momentAfter(now, FLOW_SECONDS)})
    on conflict (invitation_id) where completed_at is null do update set
      id = excluded.id, client_id = excluded.client_id, secret_hash = excluded.secret_hash, version = 0, state = excluded.state,
      created_at = excluded.created_at, expires_at = excluded.expires_at
      where invitation_flows.expires_at <= ${now}
        or invitation_flows.state->'campaignId' is distinct from excluded.state->'campaignId'
    returning *`.execute(db);
  return rows[0] ? { flow: flowFromRow(rows[0]), secret } : null;
}

/** Returns the flow that is under way for an invitation, or `null`. */
export async function findFlowOf(
  db: Db,
  input: { invitationId: string; now: Date },
): Promise<InvitationFlow | null> {
  const { rows } = await sql<FlowRow>`
    select * from invitation_flows where invitation_id = ${input.invitationId}
      and completed_at is null and expires_at > ${input.now}`.execute(db);
  return rows[0] ? flowFromRow(rows[0]) : null;
}

/** Returns the flow of a browser's secret, also a completed one, until it expires. */
export async function findFlow(
  db: Db,
  input: { secret: string; now: Date },
): Promise<InvitationFlow | null> {
  const { rows } = await sql<FlowRow>`
    select * from invitation_flows where secret_hash = ${sha256(input.secret)} and expires_at > ${input.now}`.execute(
    db,
  );
  return rows[0] ? flowFromRow(rows[0]) : null;
}

/**
 * Stores the next state of a flow, if the flow is still the one that was read. Of many changes at once exactly one is stored; the others
 * get `null`.
 * @param input.secret replaces the browser's secret, which ends the former browser's part
 */
export async function changeFlow(
  db: Db,
  input: { seen: InvitationFlow; state: FlowState; secret?: string; now: Date },
): Promise<InvitationFlow | null> {
  const { seen, state, secret, now } = input;
  const hash = secret === undefined ? null : sha256(secret);
  const { rows } = await sql<FlowRow>`
    update invitation_flows set state = ${JSON.stringify(state)}::jsonb, version = version + 1,
      secret_hash = coalesce(${hash}::bytea, secret_hash), expires_at = ${momentAfter(now, FLOW_SECONDS)}
    where id = ${seen.id} and version = ${seen.version} and ${isOpen(now)} returning *`.execute(db);
  return rows[0] ? flowFromRow(rows[0]) : null;
}

/** Completes a flow that is still the one that was read, and forgets what was entered. Of many at once exactly one gets true. */
export async function completeFlow(
  tx: Db,
  input: { seen: InvitationFlow; now: Date },
): Promise<boolean> {
  const { seen, now } = input;
  const { rows } = await sql`
    update invitation_flows set completed_at = ${now}, state = ${JSON.stringify(EMPTY)}::jsonb, version = version + 1
    where id = ${seen.id} and version = ${seen.version} and ${isOpen(now)} returning id`.execute(
    tx,
  );
  return rows.length > 0;
}

/** Returns a new secret for a browser. */
export function newFlowSecret(): string {
  return randomAlnum(43);
}

function isOpen(now: Date) {
  return sql`completed_at is null and expires_at > ${now}`;
}

/** Deletes up to `limit` flows that have expired. Returns how many it deleted. */
export const deleteEndedFlows = deletionOf('invitation_flows', {
  key: ['id'],
  ended: 'expires_at',
});
