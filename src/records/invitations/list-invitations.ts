import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import {
  type Invitation,
  type InvitationRow,
  invitationColumns,
  invitationFromRow,
} from './invitation-row.ts';

export type Filters = {
  state?: 'pending' | 'expired' | 'accepted' | 'declined' | 'revoked' | undefined;
  email?: string | undefined;
  jobId?: string | undefined;
  clientId?: string | undefined;
  organizationId?: string | undefined;
  /** Whether the person has requested a new link. */
  isRenewed?: boolean | undefined;
  now: Date;
};

/** Up to this total every request counts. Above it the last count is kept for a while. */
const COUNTED_ALWAYS = 10_000;
const KEPT_MS = 30_000;

/** Returns the campaigns of one job. An import creates one, so the list is short. */
async function campaignsOf(db: Db, jobId: string): Promise<string[]> {
  const { rows } = await sql<{
    id: string;
  }>`select id from campaigns where job_id = ${jobId}`.execute(db);
  return rows.map((row) => row.id);
}

/** Returns the conditions, and whether they select by expiry alone. */
async function conditions(db: Db, filters: Filters): Promise<RawBuilder<unknown>[]> {
  const all: RawBuilder<unknown>[] = [];
  if (filters.state === 'pending') {
    all.push(sql`i.state = 'pending' and i.expires_at > ${filters.now}`);
  } else if (filters.state === 'expired') {
    all.push(sql`i.state = 'pending' and i.expires_at <= ${filters.now}`);
  } else if (filters.state !== undefined) {
    all.push(sql`i.state = ${filters.state}`);
  }
  if (filters.email !== undefined) all.push(sql`i.email = ${filters.email}`);
  if (filters.clientId !== undefined) all.push(sql`i.client_key = ${filters.clientId}`);
  if (filters.organizationId !== undefined) {
    all.push(sql`i.organization_id = ${filters.organizationId}`);
  }
  if (filters.isRenewed !== undefined) {
    all.push(filters.isRenewed ? sql`i.renewals > 0` : sql`i.renewals = 0`);
  }
  if (filters.jobId !== undefined) {
    const ids = await campaignsOf(db, filters.jobId);
    // A single campaign is compared directly, so that its index also gives the order.
    all.push(
      ids.length === 1 ? sql`i.campaign_id = ${ids[0]}` : sql`i.campaign_id = any(${ids}::text[])`,
    );
  }
  return all;
}

const whereOf = (all: RawBuilder<unknown>[]) =>
  all.length === 0 ? sql`` : sql`where ${sql.join(all, sql` and `)}`;

/** See `listInvitations` in invitations.ts. */
export async function readPage(
  db: Db,
  input: Filters & {
    offset: number;
    limit: number;
    after?: { createdAt: Date; id: string } | undefined;
  },
): Promise<Invitation[]> {
  const all = await conditions(db, input);
  if (input.after !== undefined) {
    all.push(sql`(i.created_at, i.id) < (${input.after.createdAt}, ${input.after.id})`);
  }
  const byExpiry = input.state === 'pending' || input.state === 'expired';
  if (byExpiry && (await countUpTo(db, all, COUNTED_ALWAYS)) <= COUNTED_ALWAYS) {
    // There are few of these: select them first, then sort. A walk from the newest could pass a million others.
    const { rows } = await sql<InvitationRow>`
      with picked as materialized (
        select i.id, i.created_at from invitations i ${whereOf(all)}
      ), page as (
        select id from picked order by created_at desc, id desc limit ${input.limit} offset ${input.offset}
      )
      select ${invitationColumns('i')} from page join invitations i on i.id = page.id
      order by i.created_at desc, i.id desc`.execute(db);
    return rows.map(invitationFromRow);
  }
  const { rows } = await sql<InvitationRow>`
    select ${invitationColumns('i')} from invitations i ${whereOf(all)}
    order by i.created_at desc, i.id desc limit ${input.limit} offset ${input.offset}`.execute(db);
  return rows.map(invitationFromRow);
}

/** Counts up to `bound` + 1. */
async function countUpTo(db: Db, all: RawBuilder<unknown>[], bound: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from invitations i ${whereOf(all)} limit ${bound + 1}) as counted`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

type Kept = { total: number; at: number; counting: Promise<number> | null };
const kept = new WeakMap<Db, Map<string, Kept>>();

/** See `countInvitations` in invitations.ts. */
export async function countAll(db: Db, filters: Filters): Promise<number> {
  const all = await conditions(db, filters);
  const few = await countUpTo(db, all, COUNTED_ALWAYS);
  if (few <= COUNTED_ALWAYS) return few;
  const totals = kept.get(db) ?? new Map<string, Kept>();
  kept.set(db, totals);
  const { now: _, ...said } = filters;
  const key = JSON.stringify(said);
  const last = totals.get(key);
  if (last && (last.counting !== null || performance.now() - last.at < KEPT_MS)) {
    return last.at === 0 && last.counting !== null ? last.counting : last.total;
  }
  const entry: Kept = last ?? { total: few, at: 0, counting: null };
  if (totals.size > 200) totals.clear();
  totals.set(key, entry);
  entry.counting = (async () => {
    try {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from invitations i ${whereOf(all)}`.execute(db);
      entry.total = rows[0]?.n ?? 0;
      entry.at = performance.now();
      return entry.total;
    } finally {
      entry.counting = null;
    }
  })();
  if (last === undefined) return entry.counting;
  // The previous count answers while the new one is made.
  entry.counting.catch(() => totals.delete(key));
  return last.total;
}
