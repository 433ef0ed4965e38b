import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { type Invitation, secretHashHex } from './invitation-row.ts';

export type RowToInvite = { userId: string; email: string; data?: Invitation['data'] };

export type RowOutcome =
  | { kind: 'invited'; id: string; generation: number }
  | { kind: 'already'; id: string | null };

type Open = { id: string; user_id: string; email: string; generation: number; expires_at: Date };

type Input = {
  campaignId: string;
  rows: RowToInvite[];
  clientKey: string;
  ttlSeconds: number;
  now: Date;
  ticketKey: Buffer;
};

/** See `insertInvitations` in invitations.ts. */
export async function insertRows(tx: Db, input: Input): Promise<RowOutcome[]> {
  const { now, ticketKey, rows } = input;
  const outcomes = new Map<string, RowOutcome>();
  const first = new Map<string, RowToInvite>();
  for (const row of rows) if (!first.has(row.userId)) first.set(row.userId, row);
  const expiresAt = momentAfter(now, input.ttlSeconds);

  const fresh = [...first.values()].map((row) => {
    const id = newId('uinv');
    return { ...toJson(row), id, secret_hash: secretHashHex(ticketKey, id, 0) };
  });
  const inserted = await sql<{ id: string; user_id: string }>`
    insert into invitations (id, campaign_id, user_id, email, client_key, secret_hash, data, expires_at, created_at)
    select r.id, ${input.campaignId}, r.user_id, r.email, ${input.clientKey}, decode(r.secret_hash, 'hex'), r.data,
      ${expiresAt}::timestamptz, ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb) as r(
      id text, user_id text, email text, secret_hash text, data jsonb)
    order by r.user_id
    on conflict (user_id, client_key) where state = 'pending' do nothing
    returning id, user_id`.execute(tx);
  for (const row of inserted.rows) {
    outcomes.set(row.user_id, { kind: 'invited', id: row.id, generation: 0 });
  }

  const left = [...first.keys()].filter((userId) => !outcomes.has(userId));
  if (left.length > 0) await renewExpired(tx, { ...input, left, first, expiresAt, outcomes });

  // If two rows name one person, the second row gets the invitation of the first.
  const seen = new Set<string>();
  return rows.map((row) => {
    const outcome = outcomes.get(row.userId) ?? { kind: 'already' as const, id: null };
    if (!seen.has(row.userId)) {
      seen.add(row.userId);
      return outcome;
    }
    return { kind: 'already', id: outcome.id };
  });
}

/** An open invitation that is expired, or to a former address, gets the new plan and a new link. A valid one stays as it is. */
async function renewExpired(
  tx: Db,
  input: Input & {
    left: string[];
    first: Map<string, RowToInvite>;
    expiresAt: Date;
    outcomes: Map<string, RowOutcome>;
  },
): Promise<void> {
  const { now, outcomes } = input;
  const open = await sql<Open>`
    select id, user_id, email, generation, expires_at from invitations
    where user_id = any(${input.left}::text[]) and client_key = ${input.clientKey} and state = 'pending'
    order by user_id for update`.execute(tx);
  const renewals: Record<string, unknown>[] = [];
  for (const row of open.rows) {
    outcomes.set(row.user_id, { kind: 'already', id: row.id });
    const source = input.first.get(row.user_id);
    if (source === undefined || (row.expires_at > now && row.email === source.email)) continue;
    const generation = row.generation + 1;
    const hash = secretHashHex(input.ticketKey, row.id, generation);
    renewals.push({ ...toJson(source), id: row.id, generation, secret_hash: hash });
  }
  if (renewals.length === 0) return;
  const renewed = await sql<{ id: string; user_id: string; generation: number }>`
    update invitations set campaign_id = ${input.campaignId}, generation = r.generation,
      secret_hash = decode(r.secret_hash, 'hex'), email = r.email, data = r.data,
      expires_at = ${input.expiresAt}, created_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(renewals)}::jsonb) as r(
      id text, generation integer, email text, secret_hash text, data jsonb)
    where invitations.id = r.id and invitations.state = 'pending'
      and (invitations.expires_at <= ${now} or invitations.email <> r.email)
      and invitations.generation = r.generation - 1
    returning invitations.id, invitations.user_id, invitations.generation`.execute(tx);
  for (const row of renewed.rows) {
    outcomes.set(row.user_id, { kind: 'invited', id: row.id, generation: row.generation });
  }
}

function toJson(row: RowToInvite) {
  return { user_id: row.userId, email: row.email, data: row.data ?? null };
}
