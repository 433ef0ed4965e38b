import { findJob, noteFetched } from '../../records/jobs/jobs.ts';
import {
  ticketSecret,
  ticketState,
  ticketsOfJob,
  ticketUrl,
} from '../../records/tickets/tickets.ts';
import type { SendInvitationsDeps } from './hand-out-links.ts';

/** Type of the jobs that issue password tickets. */
export const TICKETS_JOB = 'password_change_tickets';

const BATCH = 1000;

export type TicketLink = { email: string | null; userId: string; link: string };

/** The links of a job that can still be read. */
export type TicketLinks = {
  kind: 'open';
  format: 'json' | 'csv';
  /** Yields the links that still work, a thousand at a time. After the last, the links cannot be read again. */
  read(): AsyncGenerator<TicketLink[]>;
};

/** Opens the links of a finished job. `gone`: they have been read to the end. */
export async function openTicketLinks(
  deps: SendInvitationsDeps,
  jobId: string,
): Promise<TicketLinks | { kind: 'missing' } | { kind: 'gone' } | { kind: 'unfinished' }> {
  const job = await findJob(deps.db, jobId);
  if (job?.type !== TICKETS_JOB) return { kind: 'missing' };
  if (job.fetchedAt !== null) return { kind: 'gone' };
  if (job.finishedAt === null) return { kind: 'unfinished' };
  const { errand } = job.request as { errand?: { format?: unknown } };
  const format = errand?.format === 'csv' ? 'csv' : 'json';
  return { kind: 'open', format, read: () => readLinks(deps, jobId) };
}

async function* readLinks(
  { db, clock, ticketKey, publicUrl }: SendInvitationsDeps,
  jobId: string,
): AsyncGenerator<TicketLink[]> {
  const now = clock.now();
  let afterId: string | undefined = '';
  while (afterId !== undefined) {
    const tickets = await ticketsOfJob(db, { jobId, afterId, limit: BATCH });
    yield tickets
      .filter((ticket) => ticketState(ticket, now) === 'open')
      .map(({ id, kind, email, userId }) => ({
        email,
        userId,
        link: ticketUrl(publicUrl, kind, ticketSecret(ticketKey, id)),
      }));
    afterId = tickets.length < BATCH ? undefined : tickets.at(-1)?.id;
  }
  // Only at the end, so that a caller whose connection broke can ask again.
  await noteFetched(db, jobId, clock.now());
}
