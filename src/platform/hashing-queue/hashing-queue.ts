import { availableParallelism } from 'node:os';
import { createPace } from './pace.ts';
import { createSchedule, type Reservation } from './schedule.ts';
import { createSlots } from './slots.ts';

export { TooBusy } from './slots.ts';

/** A pool for verifications. It runs a few at a time and learns the pace of the machine. */
export type Pool = {
  /** Runs the work at its turn. @param costMs estimated duration in milliseconds @throws TooBusy if too many wait already */
  run<T>(costMs: number, work: () => T | Promise<T>): Promise<T>;
  /** Reserves time for work that may or may not be done. @param costMs estimated maximum duration in milliseconds */
  reserve(costMs: number): Reservation;
  /** Records a measured duration. @param ratio measured time divided by estimated time */
  note(ratio: number): void;
};

// Factor on the estimated time of a refusal: estimates assume an idle core.
const MARGIN = 1.5;
// A shorter duration says little about the pace.
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

// Measured: more than one per core verifies no more per second. It only uses memory, and threads that file access and host lookups need.
export const ordinaryPool = createPool(CORES, Number.POSITIVE_INFINITY);

// Half of the cores at most, so that ordinary logins continue, and never all threads of the thread pool.
const FEW = Math.max(1, Math.min(3, Math.floor(CORES / 2)));

export const costlyPool = createPool(FEW, 5 * FEW);
