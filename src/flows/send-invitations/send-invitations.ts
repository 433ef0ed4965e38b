import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import type { Connection } from '../../records/connections/connections.ts';
import { type CampaignPlan, insertCampaign } from '../../records/invitations/invitations.ts';
import { findJob, insertJob, type Job, requireSameRequest } from '../../records/jobs/jobs.ts';
import { issueTickets } from '../../records/tickets/tickets.ts';
import { campaignOfJob } from '../../steps/invite-people/invite-people.ts';
import { refuseUselessRenewal } from '../../steps/limit-link-requests/limit-link-requests.ts';
import { queueMail } from '../../steps/queue-mail/queue-mail.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import {
  ROWS_PER_SEGMENT,
  readOutcomes,
  restartLostJobs,
  runSegments,
  type SegmentedJob,
  type SegmentedWork,
} from '../../steps/run-segments/run-segments.ts';
import type { SendInvitationsDeps } from './hand-out-links.ts';
import { inviteBatch, type RowResult, refusal } from './invite-batch.ts';
import { findPeople, type Person, strangersOf } from './people.ts';
import { sendInvitationsTask } from './send-invitations.task.ts';
import { countPeople, readPortion, type Source, storePortions } from './sources.ts';
import { TICKETS_JOB } from './ticket-links.ts';

export { chooseApplication } from './choose-application.ts';
export { inviteForLinks, type SendInvitationsDeps } from './hand-out-links.ts';
export type { InvitationWarning } from './invitation-warnings.ts';
export type { RowResult } from './invite-batch.ts';
export type { ListedRow } from './people.ts';
export { type InvitationPreview, previewInvitations } from './preview-invitations.ts';
export type { Source } from './sources.ts';
export { openTicketLinks, TICKETS_JOB, type TicketLinks } from './ticket-links.ts';

/** What a job does for each of its people. */
export type JobAction =
  | {
      kind: 'invite';
      clientId: string | null;
      plan: CampaignPlan;
      /** Whether to invite people who can already log in too. Jobs from before this option existed have no value and invite them. */
      includeActive?: boolean;
    }
  | {
      kind: 'tickets';
      clientId: string | null;
      resultUrl: string | null;
      /** In seconds. Stored jobs have this name. */
      ttlSec: number;
      markEmailAsVerified: boolean;
      includeEmailInRedirect: boolean;
      /** Jobs from before this option existed have no value, and their links can be renewed. */
      renewable?: boolean;
      format: 'json' | 'csv';
    };

export type PeopleRequest = {
  connection: Connection;
  source: Source;
  errand: JobAction;
  idempotencyKey: string | null;
};

/** Type of the jobs that send invitations. */
export const INVITATIONS_JOB = 'invitations';

const SHORT_LIST_MS = 5000;

/** Returns the background work of this flow. */
export function sendInvitationsHandlers(deps: SendInvitationsDeps): Registration[] {
  return [handle(sendInvitationsTask, ({ jobId }, signal) => run(deps, jobId, signal))];
}

/** Restarts jobs whose task was lost. */
export async function sweepInvitations(deps: SendInvitationsDeps): Promise<void> {
  await restartLostJobs(deps, {
    types: [INVITATIONS_JOB, TICKETS_JOB],
    task: sendInvitationsTask,
    dataOf: (jobId) => ({ jobId }),
  });
}

/**
 * Stores a job for many people. A short list is finished before this returns. Workers finish a long one, even if this node dies. A repeated
 * idempotency key returns the first job.
 * @throws Refusal `idempotency_key_reused`
 */
export async function submitPeopleJob(
  deps: SendInvitationsDeps,
  request: PeopleRequest,
): Promise<Job> {
  const { connection, source, errand } = request;
  refuseProtected({ connectionId: connection.id, clientId: errand.clientId });
  if (errand.kind === 'tickets' && errand.renewable) refuseUselessRenewal(connection);
  const digest = sha256(JSON.stringify([connection.id, source, errand]));
  const isShort = source.kind === 'list' && source.rows.length <= ROWS_PER_SEGMENT;
  const now = deps.clock.now();
  const job = await transaction(deps.db, async (tx) => {
    const made = await insertJob(tx, {
      type: errand.kind === 'invite' ? INVITATIONS_JOB : TICKETS_JOB,
      status: 'pending',
      connectionId: connection.id,
      connectionName: connection.name,
      idempotencyKey: request.idempotencyKey,
      requestDigest: digest,
      request: { errand },
      totalRows: await countPeople(tx, { connectionId: connection.id, source }),
      now,
    });
    if (made.kind === 'taken') {
      return requireSameRequest(made.job, { digest, other: 'another request' });
    }
    const jobId = made.job.id;
    await storePortions(tx, { jobId, connectionId: connection.id, source });
    if (errand.kind === 'invite') {
      await insertCampaign(tx, {
        jobId,
        clientId: errand.clientId,
        connectionId: connection.id,
        plan: errand.plan,
        now,
      });
    }
    // A short list is done right here. The task is the backup if this node dies before the end.
    const startAfter = isShort ? new Date(now.getTime() + SHORT_LIST_MS) : undefined;
    await deps.enqueue(tx, sendInvitationsTask, { jobId }, startAfter && { startAfter });
    return made.job;
  });
  if (isShort) await run(deps, job.id);
  return (await findJob(deps.db, job.id)) ?? job;
}

async function run(deps: SendInvitationsDeps, jobId: string, signal?: AbortSignal): Promise<void> {
  await runSegments(deps, jobId, async (job) => workOf(deps, job), signal);
}

function workOf(deps: SendInvitationsDeps, job: SegmentedJob): SegmentedWork {
  const { id: jobId, connectionId } = job;
  const { errand } = job.request as { errand: JobAction };
  return {
    async runSegment(tx, segment, now) {
      const people = await findPeople(tx, {
        connectionId,
        jobId,
        firstRow: segment.firstRow,
        rows: await readPortion(tx, { jobId, connectionId, segment }),
        strangers: errand.kind === 'invite' ? await strangersOf(tx, errand.plan) : 'refuse',
        ...(errand.kind === 'invite' && { plan: errand.plan }),
        now,
      });
      if (errand.kind === 'tickets') {
        return { outcomes: await issueForPeople(deps, tx, { errand, jobId, people, now }) };
      }
      const { results, mails, afterCommit } = await inviteBatch(deps, tx, {
        campaign: await campaignOfJob(tx, jobId),
        includeActive: errand.includeActive ?? true,
        people,
        ticketKey: deps.ticketKey,
        now,
      });
      await queueMail(tx, deps.enqueue, mails, now);
      return { outcomes: results.map(({ generation: _, ...stored }) => stored), afterCommit };
    },
  };
}

async function issueForPeople(
  deps: SendInvitationsDeps,
  tx: Db,
  input: {
    errand: Extract<JobAction, { kind: 'tickets' }>;
    jobId: string;
    people: Person[];
    now: Date;
  },
): Promise<RowResult[]> {
  const { errand, jobId, people, now } = input;
  const wanted = people.filter((person) => person.problem === null);
  await issueTickets(tx, {
    tickets: wanted.flatMap(({ user }) =>
      user
        ? [
            {
              ...errand,
              ttlSeconds: errand.ttlSec,
              kind: 'password-change',
              userId: user.id,
              email: user.email,
              jobId,
            },
          ]
        : [],
    ),
    ticketKey: deps.ticketKey,
    now,
  });
  return people.map((person): RowResult => {
    const { row, user, asked } = person;
    const base = { row, email: user?.email ?? asked.email ?? null, userId: user?.id ?? null };
    return { ...base, ...(person.problem ? refusal(person) : { status: 'updated' }) };
  });
}

/** Returns the refused rows of a job, up to `limit`. */
export async function refusedRows(db: Db, jobId: string, limit: number): Promise<RowResult[]> {
  const refused: RowResult[] = [];
  for await (const rows of readOutcomes<RowResult>(db, { jobId, onlyFailed: true })) {
    refused.push(...rows);
    if (refused.length >= limit) break;
  }
  return refused.slice(0, limit);
}
