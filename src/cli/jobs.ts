import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.ts';
import { createBars } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { count } from './words.ts';

/** The fields of a job (GET /api/v2/jobs/{id}) that the command line reads. */
export type Job = {
  id: string;
  type: string;
  status: 'pending' | 'processing' | 'completed' | 'failed';
  connection?: string;
  summary?: { failed: number; updated: number; inserted: number; total: number };
  invitations?: {
    invited: number;
    already_invited: number;
    left_out?: number;
    mails?: { queued: number; sending: number; sent: number; failed: number; canceled: number };
  };
  dry_run?: boolean;
  /** The encoding of a file that is not UTF-8. */
  encoding?: string;
  ignored_columns?: string[];
  /** The export whose column names the file has, and the fields they map to. */
  recognized_export?: string;
  recognized_columns?: { column: string; field: string }[];
  warnings?: { code: string; message: string }[];
  rows_total?: number;
  rows_done?: number;
  rows_unchanged?: number;
  /** Only for jobs that are no imports. */
  rows_refused?: number;
  rows_per_second?: number;
  time_left_seconds?: number;
  status_details?: string;
  created_at: string;
};

const POLL_MS = 250;
// A deferred mail is tried again in minutes or hours, which is too long to watch.
const MAILS_STAND_STILL_MS = 30_000;

export function findJob(api: Api, id: string): Promise<Job> {
  return api.get<Job>(`/api/v2/jobs/${encodeURIComponent(id)}`);
}

export function hasEnded(job: Job): boolean {
  return job.status === 'completed' || job.status === 'failed';
}

/** Returns the number of mails of a job that are not sent yet. */
export function countWaitingMails(job: Job): number {
  const mails = job.invitations?.mails;
  return mails ? mails.queued + mails.sending : 0;
}

/**
 * Follows a job until its rows are done and its mails are sent, with a progress bar for each.
 * @returns the job's last state; mails may still wait if the mail server defers them
 */
export async function followJob(tools: { api: Api; terminal: Terminal }, id: string): Promise<Job> {
  const bars = createBars(tools.terminal);
  const rowsBar = { bar: undefined as ReturnType<typeof bars.add> | undefined };
  const mailsBar = { bar: undefined as ReturnType<typeof bars.add> | undefined };
  let moved = { waiting: -1, at: performance.now() };
  try {
    for (;;) {
      const job = await findJob(tools.api, id);
      if (job.rows_total !== undefined) {
        rowsBar.bar ??= bars.add('Rows');
        const rows = { done: job.rows_done ?? 0, total: job.rows_total };
        if (hasEnded(job)) {
          rowsBar.bar.finish(
            rows,
            job.rows_per_second ? `${count(job.rows_per_second)}/s` : undefined,
          );
        } else {
          rowsBar.bar.show({
            ...rows,
            perSecond: job.rows_per_second,
            secondsLeft: job.time_left_seconds,
          });
        }
      }
      const mails = job.invitations?.mails;
      const waiting = countWaitingMails(job);
      if (mails) {
        const all = waiting + mails.sent + mails.failed;
        if (all > 0) mailsBar.bar ??= bars.add('Emails');
        const progress = { done: mails.sent + mails.failed, total: all };
        if (hasEnded(job) && waiting === 0) mailsBar.bar?.finish(progress);
        else mailsBar.bar?.show(progress);
      }
      if (waiting !== moved.waiting) moved = { waiting, at: performance.now() };
      const standsStill = performance.now() - moved.at > MAILS_STAND_STILL_MS;
      if (hasEnded(job) && (waiting === 0 || standsStill)) return job;
      await sleep(POLL_MS);
    }
  } finally {
    bars.stop();
  }
}
