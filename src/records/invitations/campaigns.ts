import { sql } from 'kysely';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import type { CampaignPlan } from './campaign-plan.ts';

export type Campaign = {
  id: string;
  jobId: string | null;
  clientId: string | null;
  /** The connection of the invited people. `null`: any that the organization allows. */
  connectionId: string | null;
  plan: CampaignPlan;
  createdAt: Date;
};

type CampaignRow = {
  id: string;
  job_id: string | null;
  client_id: string | null;
  connection_id: string | null;
  plan: CampaignPlan;
  created_at: Date;
};

const campaignFromRow = (row: CampaignRow): Campaign => ({
  id: row.id,
  jobId: row.job_id,
  clientId: row.client_id,
  connectionId: row.connection_id,
  plan: row.plan,
  createdAt: row.created_at,
});

/** Inserts a campaign. Returns its id. */
export async function insertCampaign(
  tx: Db,
  input: {
    jobId?: string | null;
    clientId?: string | null;
    connectionId: string | null;
    plan: CampaignPlan;
    now: Date;
  },
): Promise<string> {
  const id = newId('cmp');
  await sql`
    insert into campaigns (id, job_id, client_id, connection_id, plan, created_at)
    values (${id}, ${input.jobId ?? null}, ${input.clientId ?? null}, ${input.connectionId},
      ${JSON.stringify(input.plan)}::jsonb, ${input.now})`.execute(tx);
  return id;
}

export async function findCampaigns(db: Db, ids: string[]): Promise<Campaign[]> {
  const { rows } = await sql<CampaignRow>`
    select id, job_id, client_id, connection_id, plan, created_at from campaigns
    where id = any(${ids}::text[])`.execute(db);
  return rows.map(campaignFromRow);
}

/** Returns the campaign that an import or a request for invitations has created, or `null`. */
export async function findCampaignOfJob(db: Db, jobId: string): Promise<Campaign | null> {
  const { rows } = await sql<CampaignRow>`
    select id, job_id, client_id, connection_id, plan, created_at from campaigns
    where job_id = ${jobId} order by created_at, id limit 1`.execute(db);
  return rows[0] ? campaignFromRow(rows[0]) : null;
}
