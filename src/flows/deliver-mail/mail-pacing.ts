import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { reserveSlots } from '../../records/messages/messages.ts';

/** Spaces out mails so that all nodes together keep the rate. */
export type MailPacing = {
  /** Returns how many mails to take at once, so that none waits long for its turn. */
  batchSize(most: number): number;
  /** Reserves turns for mails that were taken. `null` means at once. */
  reserve(count: number): Promise<(number | null)[]>;
  /** Waits for a turn. */
  wait(turn: number | null): Promise<void>;
};

/** @param ratePerSecond mails per second; `0` means without a limit */
export function createMailPacing(
  { db, clock }: { db: Db; clock: Clock },
  ratePerSecond: number,
): MailPacing {
  if (ratePerSecond <= 0) {
    return {
      batchSize: (most) => most,
      reserve: async (count) => Array.from({ length: count }, () => null),
      wait: async () => {},
    };
  }
  const interval = 1000 / ratePerSecond;
  let last = 0;
  return {
    batchSize: (most) => Math.max(1, Math.min(most, Math.ceil(ratePerSecond * 2))),
    async reserve(count) {
      if (count === 0) return [];
      const first = await reserveSlots(db, { count, ratePerSecond, now: clock.now() });
      return Array.from({ length: count }, (_, index) => first.getTime() + index * interval);
    },
    async wait(turn) {
      const now = clock.now().getTime();
      // After a pause the delayed mails must not all leave at once.
      last = Math.max(turn ?? now, last + interval, now);
      if (last > now) await sleep(last - now);
    },
  };
}
