import { type RawBuilder, sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { type Invitation, secretHashHex } from './invitation-row.ts';

export type RowToInvite = {
  /** `null` invites an address: its user comes with the acceptance. */
  userId: string | null;
  email: string;
  data?: Invitation['data'];
  /** Whether the user was made for this invitation. Default: false. */
  madeUser?: boolean;
};

export type RowOutcome =
  | { kind: 'invited'; id: string; generation: number }
  | { kind: 'already'; id: string | null };

type Who = { user_id: string | null; email: string };
type Open = Who & { id: string; generation: number; expires_at: Date };

type Input = {
  campaignId: string;
  rows: RowToInvite[];
  clientKey: string;
  organizationId?: string | null;
  connectionId?: string | null;
  ttlSeconds: number;
  now: Date;
  ticketKey: Buffer;
};

/** See `insertInvitations` in invitations.ts. */
export async function insertRows(tx: Db, input: Input): Promise<RowOutcome[]> {
  const { now, ticketKey, rows, connectionId = null } = input;
  const outcomes = new Map<string, RowOutcome>();
  const first = new Map<string, RowToInvite>();
  for (const row of rows) if (!first.has(keyOf(row))) first.set(keyOf(row), row);
  const expiresAt = momentAfter(now, input.ttlSeconds);

  const fresh = [...first.values()].map((row) => {
    const id = newId('uinv');
    return { ...toJson(row), id, secret_hash: secretHashHex(ticketKey, id, 0) };
  });
  const inserted = await sql<Who & { id: string }>`
    insert into invitations (id, campaign_id, user_id, email, client_key, organization_id, unique_in, secret_hash, data, made_user,
      expires_at, created_at)
    select r.id, ${input.campaignId}, r.user_id, r.email, ${input.clientKey}, ${input.organizationId ?? null}::text,
      case when r.user_id is null then ${connectionId}::text end, decode(r.secret_hash, 'hex'), r.data, r.made_user,
      ${expiresAt}::timestamptz, ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb) as r(
      id text, user_id text, email text, secret_hash text, data jsonb, made_user boolean)
    order by r.user_id, r.email
    on conflict do nothing
    returning id, user_id, email`.execute(tx);
  for (const row of inserted.rows) {
    outcomes.set(keyOfStored(row), { kind: 'invited', id: row.id, generation: 0 });
  }

  const left = [...first.entries()].flatMap(([key, row]) => (outcomes.has(key) ? [] : [row]));
  if (left.length > 0) await renewExpired(tx, { ...input, left, first, expiresAt, outcomes });

  // If two rows name one person, the second row gets the invitation of the first.
  const seen = new Set<string>();
  return rows.map((row) => {
    const key = keyOf(row);
    const outcome = outcomes.get(key) ?? { kind: 'already' as const, id: null };
    if (!seen.has(key)) {
      seen.add(key);
      return outcome;
    }
    return { kind: 'already', id: outcome.id };
  });
}

/** An open invitation that is expired, or to a former address, gets the new plan and a new link. A valid one stays as it is. */
async function renewExpired(
  tx: Db,
  input: Input & {
    left: RowToInvite[];
    first: Map<string, RowToInvite>;
    expiresAt: Date;
    outcomes: Map<string, RowOutcome>;
  },
): Promise<void> {
  const { now, outcomes } = input;
  const renewals: Record<string, unknown>[] = [];
  for (const row of await lockOpen(tx, input)) {
    const key = keyOfStored(row);
    outcomes.set(key, { kind: 'already', id: row.id });
    const source = input.first.get(key);
    if (source === undefined || (row.expires_at > now && row.email === source.email)) continue;
    const generation = row.generation + 1;
    const hash = secretHashHex(input.ticketKey, row.id, generation);
    renewals.push({ ...toJson(source), id: row.id, generation, secret_hash: hash });
  }
  if (renewals.length === 0) return;
  const renewed = await sql<Who & { id: string; generation: number }>`
    update invitations set campaign_id = ${input.campaignId}, generation = r.generation,
      secret_hash = decode(r.secret_hash, 'hex'), email = r.email, data = r.data,
      organization_id = ${input.organizationId ?? null}, expires_at = ${input.expiresAt}, created_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(renewals)}::jsonb) as r(
      id text, generation integer, email text, secret_hash text, data jsonb)
    where invitations.id = r.id and invitations.state = 'pending'
      and (invitations.expires_at <= ${now} or invitations.email <> r.email)
      and invitations.generation = r.generation - 1
    returning invitations.id, invitations.user_id, invitations.email, invitations.generation`.execute(
    tx,
  );
  for (const row of renewed.rows) {
    outcomes.set(keyOfStored(row), { kind: 'invited', id: row.id, generation: row.generation });
  }
}

/** Locks the open invitations of those who were left: first those of users, then those of addresses, each in one order. */
async function lockOpen(tx: Db, input: Input & { left: RowToInvite[] }): Promise<Open[]> {
  const { left, clientKey, connectionId = null } = input;
  const lock = async (whose: RawBuilder<unknown>) => {
    const { rows } = await sql<Open>`
      select id, user_id, email, generation, expires_at from invitations
      where ${whose} and client_key = ${clientKey} and state = 'pending'
      order by user_id, email for update`.execute(tx);
    return rows;
  };
  const userIds = left.flatMap((row) => row.userId ?? []);
  const emails = left.flatMap((row) => (row.userId === null ? [row.email] : []));
  const ofUsers = userIds.length === 0 ? [] : await lock(sql`user_id = any(${userIds}::text[])`);
  if (emails.length === 0) return ofUsers;
  const ofAddresses = await lock(
    sql`user_id is null and email = any(${emails}::text[]) and unique_in = ${connectionId}`,
  );
  return [...ofUsers, ...ofAddresses];
}

function keyOf(row: { userId: string | null; email: string }): string {
  return row.userId === null ? `email ${row.email}` : `user ${row.userId}`;
}

function keyOfStored(row: Who): string {
  return keyOf({ userId: row.user_id, email: row.email });
}

function toJson(row: RowToInvite) {
  return {
    user_id: row.userId,
    email: row.email,
    data: row.data ?? null,
    made_user: row.madeUser ?? false,
  };
}
