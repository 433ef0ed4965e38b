import type { Mailer } from '../../outbound/mail/mail.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import { type Db, transaction } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import { type Enqueue, handle, type Registration } from '../../platform/tasks/tasks.ts';
import type { Audit } from '../../records/logs/logs.ts';
import {
  claimMessages,
  markCanceled,
  nextDue,
  releaseMessages,
  renewLeases,
} from '../../records/messages/messages.ts';
import { DELIVER_ONCE, deliverMailTask } from '../../steps/queue-mail/queue-mail.ts';
import { type Built, buildMails } from './build-mails.ts';
import { createMailPacing } from './mail-pacing.ts';
import { createOutcomes } from './outcomes.ts';

export { builtInMail, findTemplateFault, previewMail, type Wording } from './preview-mail.ts';
export { SAMPLE_CODE, SAMPLE_SECRET, sampleOfCodeMail } from './samples/samples.ts';

export type DeliverMailDeps = {
  db: Db;
  clock: Clock;
  keys: Keys;
  log: Log;
  audit: Audit;
  enqueue: Enqueue;
  /** Without a trailing slash. */
  publicUrl: string;
  /** Maximum mails per second on all nodes together. `0` means as fast as the provider accepts them. */
  mailRatePerSecond: number;
  /** Returns the mailer and the sender's address. Read at the start of every delivery, because an operator may change them. */
  sender(): Promise<{ mailer: Mailer; from: string }>;
};

export type Delivered = {
  sent: number;
  failed: number;
  canceled: number;
  /** The mail server is unreachable or refuses us. The remaining mails stay in the queue. */
  isHeld: boolean;
};

const BATCH = 250;
const LEASE_SECONDS = 30;
// After this many failures in a row the mail server is unreachable or refuses us: the other mails of the queue would only fail as well.
const GIVE_UP_AFTER = 20;
const HELD_PAUSE_MS = 15_000;

/** Returns the background work of this flow. */
export function deliverMailHandlers(deps: DeliverMailDeps): Registration[] {
  return [
    handle(deliverMailTask, async (_data, signal) => {
      const { isHeld } = await deliverDueMail(deps, signal);
      await followUp(deps, isHeld ? HELD_PAUSE_MS : 1000);
    }),
  ];
}

/** Enqueues the delivery of due mails that no task covers, such as those of a node that died. Call it every few seconds on worker nodes. */
export async function sweepMail(
  deps: Pick<DeliverMailDeps, 'db' | 'clock' | 'enqueue'>,
): Promise<void> {
  const due = await nextDue(deps.db);
  if (due === null || due > deps.clock.now()) return;
  await transaction(deps.db, (tx) =>
    deps.enqueue(tx, deliverMailTask, { reason: 'sweep' }, DELIVER_ONCE),
  );
}

/** Enqueues the delivery of mails that are due later. One task per minute is enough. */
async function followUp(deps: DeliverMailDeps, pauseMs: number): Promise<void> {
  const due = await nextDue(deps.db);
  if (due === null) return;
  const at = new Date(Math.max(due.getTime(), deps.clock.now().getTime() + pauseMs));
  await transaction(deps.db, (tx) =>
    deps.enqueue(
      tx,
      deliverMailTask,
      { reason: 'due' },
      { startAfter: at, singletonKey: `deliver ${at.toISOString().slice(0, 16)}` },
    ),
  );
}

const NOT_BUILT = { held: 'held', unreadable: 'again', impossible: 'final' } as const;
const AFTERWARDS = { refused: 'final', failed: 'again', held: 'held' } as const;

type Prepared = { built: Extract<Built, { kind: 'mail' }>; turn: number | null };

/**
 * Sends everything that is due, with no transaction open. Takes mails in batches under a lease, renders the next batch while the last one
 * is sent, and records the outcomes in bulk. Safe to run on many nodes at once.
 */
export async function deliverDueMail(
  deps: DeliverMailDeps,
  signal?: AbortSignal,
): Promise<Delivered> {
  const { db, clock } = deps;
  const { mailer, from } = await deps.sender();
  const mailPacing = createMailPacing(deps, deps.mailRatePerSecond);
  const outcomes = createOutcomes(db, clock);
  const ready: Prepared[] = [];
  const held = new Set<string>();
  const counts = { sent: 0, failed: 0, canceled: 0 };
  let isDry = false;
  let heldInARow = 0;
  let refilling: Promise<void> | null = null;

  const isOver = () => signal?.aborted === true || heldInARow >= GIVE_UP_AFTER;

  async function refill(): Promise<void> {
    const now = clock.now();
    const limit = mailPacing.batchSize(BATCH);
    const messages = await claimMessages(db, { limit, leaseSeconds: LEASE_SECONDS, now });
    if (messages.length === 0) {
      isDry = true;
      return;
    }
    for (const message of messages) held.add(message.id);
    const mails: Prepared['built'][] = [];
    const unwanted = new Map<string, string[]>();
    for (const built of await buildMails(deps, messages, from, now)) {
      if (built.kind === 'mail') {
        mails.push(built);
        continue;
      }
      held.delete(built.message.id);
      if (built.kind === 'unwanted') {
        unwanted.set(built.reason, [...(unwanted.get(built.reason) ?? []), built.message.id]);
      } else {
        counts.failed += 1;
        outcomes.failed(built.message, built.problem, NOT_BUILT[built.kind]);
      }
    }
    for (const [reason, ids] of unwanted) {
      counts.canceled += ids.length;
      await markCanceled(db, { ids, reason });
    }
    const turns = await mailPacing.reserve(mails.length);
    mails.forEach((built, index) => {
      ready.push({ built, turn: turns[index] ?? null });
    });
  }

  async function next(): Promise<Prepared | null> {
    while (!isOver()) {
      if (!isDry && refilling === null && ready.length < BATCH / 2) {
        refilling = refill().finally(() => {
          refilling = null;
        });
        // The later `await` reports a failure. Until then the promise must not count as unhandled.
        refilling.catch(() => {});
      }
      const each = ready.shift();
      if (each) return each;
      if (refilling === null) return null;
      await refilling;
    }
    return null;
  }

  async function work(): Promise<void> {
    for (let each = await next(); each !== null; each = await next()) {
      await mailPacing.wait(each.turn);
      const { message, mail } = each.built;
      const outcome = await mailer.send(mail);
      held.delete(message.id);
      heldInARow = outcome.kind === 'held' ? heldInARow + 1 : 0;
      if (outcome.kind === 'sent') {
        counts.sent += 1;
        outcomes.sent(message);
      } else {
        counts.failed += 1;
        outcomes.failed(message, outcome.problem, AFTERWARDS[outcome.kind]);
      }
    }
  }

  const renewal = setInterval(
    () => {
      renewLeases(db, { ids: [...held], leaseSeconds: LEASE_SECONDS, now: clock.now() }).catch(
        (error: unknown) => deps.log.warn({ err: error }, 'mail lease'),
      );
    },
    (LEASE_SECONDS * 1000) / 3,
  );
  const ends = await Promise.allSettled(Array.from({ length: mailer.concurrency }, work));
  clearInterval(renewal);
  await outcomes.close();
  await releaseMessages(db, [...held]);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken) throw broken.reason;
  return { ...counts, isHeld: heldInARow >= GIVE_UP_AFTER };
}
