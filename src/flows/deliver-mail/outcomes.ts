import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type FailedSend,
  markFailed,
  markSent,
  type OutboxEntry,
} from '../../records/messages/messages.ts';

const MOST = 250;
const AFTER_MS = 200;

/** Records the outcomes of mails in bulk, often enough that a crash repeats only a few. */
export function createOutcomes(db: Db, clock: Clock) {
  let sentIds: string[] = [];
  let failures: FailedSend[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let problem: unknown = null;

  async function write(): Promise<void> {
    const [ids, failed] = [sentIds, failures];
    sentIds = [];
    failures = [];
    try {
      const now = clock.now();
      await markSent(db, { ids, now });
      await markFailed(db, { failures: failed, now });
      problem = null;
    } catch (error) {
      // Kept for the next attempt: a short outage must not cause a second sending.
      problem = error;
      sentIds.push(...ids);
      failures.push(...failed);
    }
  }

  function flush(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    writing = writing.then(write);
    return writing;
  }

  function noted(): void {
    if (sentIds.length + failures.length >= MOST) void flush();
    else timer ??= setTimeout(() => void flush(), AFTER_MS);
  }

  return {
    sent(message: OutboxEntry): void {
      sentIds.push(message.id);
      noted();
    },
    failed(message: OutboxEntry, error: string, next: FailedSend['next']): void {
      failures.push({ id: message.id, attempts: message.attempts, error, next });
      noted();
    },
    /** Writes the rest. Throws if that fails: the leases then end and the mails are sent again. */
    async close(): Promise<void> {
      await flush();
      if (problem !== null) await flush();
      if (problem !== null) throw problem;
    },
  };
}
