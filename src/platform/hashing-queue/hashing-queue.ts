import { availableParallelism } from 'node:os';
import { createPace } from './pace.ts';
import { createSchedule, type Reservation } from './schedule.ts';
import { createSlots } from './slots.ts';

export { TooBusy } from './slots.ts';

/** Where verifications run: a few at a time, at a pace that is learned. */
export type Pool = {
  /** Runs the work when its turn comes. @param costMs what it is estimated to take @throws TooBusy when too many wait already */
  run<T>(costMs: number, work: () => T | Promise<T>): Promise<T>;
  /** Reserves the time of work that may be done or not. @param costMs what it is estimated to take at most */
  reserve(costMs: number): Reservation;
  /** Learns how long something took. */
  note(ratio: number): void;
};

// Of estimated time that a refusal waits for: estimates are of an idle core.
const MARGIN = 1.5;
// What is shorter says little about the pace.
const LEAST_TO_LEARN_MS = 10;

function createPool(count: number, most: number): Pool {
  const slots = createSlots(count, most);
  const schedule = createSchedule(count, most);
  const pace = createPace();
  return {
    run: (costMs, work) =>
      slots(async () => {
        const began = performance.now();
        const result = await work();
        const now = performance.now();
        if (costMs >= LEAST_TO_LEARN_MS) pace.note((now - began) / costMs, now);
        return result;
      }),
    reserve(costMs) {
      const now = performance.now();
      return schedule.reserve(costMs * MARGIN * pace.factor(now), now);
    },
    note: (ratio) => pace.note(ratio, performance.now()),
  };
}

const CORES = availableParallelism();

// Measured: more than one per core verifies no more per second, and only holds memory and the
// threads that files and name look-ups need as well.
export const ordinary = createPool(CORES, Number.POSITIVE_INFINITY);

// Half of the cores, so that ordinary logins go on meanwhile, and never all threads of the pool.
const FEW = Math.max(1, Math.min(3, Math.floor(CORES / 2)));

export const costly = createPool(FEW, 5 * FEW);
