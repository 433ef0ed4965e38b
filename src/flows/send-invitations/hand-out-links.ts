import type { Clock } from '../../platform/clock/clock.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import { holdConnection } from '../../records/connections/connections.ts';
import {
  type CampaignPlan,
  insertCampaign,
  invitationSecret,
  invitationUrl,
} from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import { ROWS_PER_SEGMENT } from '../../steps/run-segments/run-segments.ts';
import { inviteBatch, type RowResult } from './invite-batch.ts';
import { findPeople, type ListedRow, strangersOf } from './people.ts';

export type SendInvitationsDeps = {
  db: Db;
  clock: Clock;
  ticketKey: Buffer;
  enqueue: Enqueue;
  audit: Audit;
  /** Without a trailing slash. */
  publicUrl: string;
};

/**
 * Invites without mail and yields the links, a batch at a time. Each batch is committed before it is yielded. A link cannot be read again.
 */
export async function* inviteForLinks(
  deps: SendInvitationsDeps,
  request: {
    connection: { id: string };
    rows: ListedRow[];
    clientId: string | null;
    plan: CampaignPlan;
    includeActive: boolean;
  },
): AsyncGenerator<(RowResult & { link: string | null })[]> {
  const { db, clock, ticketKey, publicUrl } = deps;
  const connectionId = request.connection.id;
  const { clientId, plan, rows, includeActive } = request;
  refuseProtected({ connectionId, clientId });
  let campaignId: string | null = null;
  for (let at = 0; at < rows.length; at += ROWS_PER_SEGMENT) {
    const now = clock.now();
    const done = await transaction(db, async (tx) => {
      if (!(await holdConnection(tx, connectionId))) throw gone();
      const id: string =
        campaignId ?? (await insertCampaign(tx, { clientId, connectionId, plan, now }));
      const people = await findPeople(tx, {
        connectionId,
        jobId: id,
        firstRow: at + 1,
        rows: rows.slice(at, at + ROWS_PER_SEGMENT),
        strangers: await strangersOf(tx, plan),
        plan,
        now,
      });
      const campaign = { id, clientId, connectionId, plan };
      const { results, afterCommit } = await inviteBatch(deps, tx, {
        campaign,
        includeActive,
        people,
        ticketKey,
        now,
      });
      return { id, results, afterCommit };
    });
    done.afterCommit();
    campaignId = done.id;
    yield done.results.map((result) => ({
      ...result,
      link:
        result.invitationId && result.generation !== undefined
          ? invitationUrl(
              publicUrl,
              invitationSecret(ticketKey, {
                id: result.invitationId,
                generation: result.generation,
              }),
            )
          : null,
    }));
  }
}

function gone(): Refusal {
  return new Refusal('connection_not_found', 'The connection does not exist');
}
