import { sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import { packJson, unpackJson } from '../../platform/packing/packing.ts';
import { Refusal } from '../../platform/refusal/refusal.ts';
import { handle, type Registration } from '../../platform/tasks/tasks.ts';
import { findConnection, holdConnection } from '../../records/connections/connections.ts';
import {
  type CampaignPlan,
  findCampaignOfJob,
  insertCampaign,
} from '../../records/invitations/invitations.ts';
import {
  findJob,
  finishJob,
  insertJob,
  type Job,
  markStarted,
  unfinishedJobs,
} from '../../records/jobs/jobs.ts';
import {
  countSegments,
  finishSegment,
  nextOutcomes,
  takeSegment,
} from '../../records/segments/segments.ts';
import { issueTickets } from '../../records/tickets/tickets.ts';
import { refuseProtected } from '../../steps/refuse-protected/refuse-protected.ts';
import type { SendInvitationsDeps } from './hand-out-links.ts';
import { type InvitePlan, invitePeople, type RowResult, refusal } from './invite-people.ts';
import { findPeople, type Person } from './people.ts';
import { sendInvitationsTask } from './send-invitations.task.ts';
import { BATCH, countPeople, readPortion, type Source, storePortions } from './sources.ts';
import { TICKETS_JOB } from './ticket-links.ts';

export { chooseApplication } from './choose-application.ts';
export { inviteForLinks, type SendInvitationsDeps } from './hand-out-links.ts';
export type { InvitationWarning } from './invitation-warnings.ts';
export type { RowResult } from './invite-people.ts';
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
      ttlSec: number;
      markEmailAsVerified: boolean;
      includeEmailInRedirect: boolean;
      format: 'json' | 'csv';
    };

export type PeopleRequest = {
  connection: { id: string; name: string };
  source: Source;
  errand: JobAction;
  idempotencyKey: string | null;
};

/** Type of the jobs that send invitations. */
export const INVITATIONS_JOB = 'invitations';

const SHORT_LIST_MS = 5000;

/** Returns the background work of this flow. */
export function sendInvitationsHandlers(deps: SendInvitationsDeps): Registration[] {
  return [handle(sendInvitationsTask, ({ jobId }, signal) => workThrough(deps, jobId, signal))];
}

/** Restarts jobs whose task was lost. */
export async function sweepInvitations(deps: SendInvitationsDeps): Promise<void> {
  const createdBefore = new Date(deps.clock.now().getTime() - 15_000);
  for (const type of [INVITATIONS_JOB, TICKETS_JOB]) {
    const jobs = await unfinishedJobs(deps.db, {
      type,
      statuses: ['pending', 'processing'],
      createdBefore,
    });
    for (const job of jobs) {
      await transaction(deps.db, (tx) => deps.enqueue(tx, sendInvitationsTask, { jobId: job.id }));
    }
  }
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
  const digest = sha256(JSON.stringify([connection.id, source, errand]));
  const isShort = source.kind === 'list' && source.rows.length <= BATCH;
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
      if (made.job?.requestDigest && Buffer.from(made.job.requestDigest).equals(digest)) {
        return made.job;
      }
      throw new Refusal(
        'idempotency_key_reused',
        `The idempotency_key was used for another request${made.job ? `, in ${made.job.id}` : ''}`,
      );
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
  if (isShort) await workThrough(deps, job.id);
  return (await findJob(deps.db, job.id)) ?? job;
}

async function workThrough(
  deps: SendInvitationsDeps,
  jobId: string,
  signal?: AbortSignal,
): Promise<void> {
  const { db, clock } = deps;
  const job = await findJob(db, jobId);
  if (!job || job.finishedAt !== null) return;
  await markStarted(db, jobId, clock.now());
  while (!signal?.aborted && (await runPortion(deps, job))) {
    // Repeats until no portion is left.
  }
  const counts = await countSegments(db, jobId);
  // Otherwise another worker still holds a portion, and finishes the job.
  if (counts.segments === counts.segmentsDone) await finishJob(db, { jobId, now: clock.now() });
  else if ((await findConnection(db, job.connectionId ?? '')) === null) {
    await finishJob(db, { jobId, statusDetails: 'The connection was deleted.', now: clock.now() });
  }
}

/** Runs one portion in one transaction: a crash at any moment leaves it either untouched or done. */
function runPortion(deps: SendInvitationsDeps, job: Job): Promise<boolean> {
  return transaction(deps.db, async (tx) => {
    const connectionId = job.connectionId ?? '';
    if (!(await holdConnection(tx, connectionId))) return false;
    const segment = await takeSegment(tx, job.id);
    if (!segment) return false;
    const now = deps.clock.now();
    const rows = await readPortion(tx, { jobId: job.id, connectionId, segment });
    const { errand } = job.request as { errand: JobAction };
    const people = await findPeople(tx, {
      connectionId,
      jobId: job.id,
      firstRow: segment.firstRow,
      rows,
      create: errand.kind === 'invite',
      now,
    });
    const results =
      errand.kind === 'invite'
        ? await invitePeople(deps, tx, { ...(await invitePlanOf(tx, job.id, errand)), people, now })
        : await issueForPeople(deps, tx, { errand, jobId: job.id, people, now });
    const count = (wanted: (rowResult: RowResult) => boolean) => results.filter(wanted).length;
    await finishSegment(tx, {
      jobId: job.id,
      number: segment.number,
      outcome: await packJson(results.map(({ generation: _, ...one }) => one)),
      counts: {
        inserted: count((rowResult) => rowResult.status === 'inserted'),
        updated: count((rowResult) => rowResult.status === 'updated'),
        failed: count((rowResult) => rowResult.status === 'failed'),
        invited: count((rowResult) => rowResult.invitation === 'invited'),
        already: count((rowResult) => rowResult.invitation === 'already_invited'),
      },
      now,
    });
    return true;
  });
}

async function invitePlanOf(
  tx: Db,
  jobId: string,
  errand: Extract<JobAction, { kind: 'invite' }>,
): Promise<InvitePlan> {
  const campaign = await findCampaignOfJob(tx, jobId);
  if (!campaign) throw new Error(`The campaign of ${jobId} does not exist.`);
  const { id, clientId, plan } = campaign;
  const includeActive = errand.includeActive ?? true;
  return { campaignId: id, clientId, plan, includeActive, mails: true };
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
        ? [{ ...errand, kind: 'password-change', userId: user.id, email: user.email, jobId }]
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
  let afterNumber = -1;
  while (refused.length < limit) {
    const [segment] = await nextOutcomes(db, { jobId, afterNumber, limit: 1, onlyFailed: true });
    if (!segment) break;
    const rows = await unpackJson<RowResult[]>(segment.outcome);
    refused.push(...rows.filter((row) => row.status === 'failed'));
    afterNumber = segment.number;
  }
  return refused.slice(0, limit);
}
