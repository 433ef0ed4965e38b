import { availableParallelism } from 'node:os';
import { createSlots } from './slots.ts';

/** How the costly verifications of this node are getting on. */
export type CostlyLoad = {
  /** So many wait that one more would be refused. */
  isFull: boolean;
  /** Time in ms until those who came earlier are served, by the estimates. */
  waitMs: number;
  /** How many times longer than estimated they have taken of late; at least 1. */
  slowness: number;
};

// Half of the cores, so that ordinary logins go on meanwhile, and never all threads of the pool.
const COUNT = Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)));
const MOST_WAITING = 8 * COUNT;
// A single pause of the machine must not make every wrong answer of the next hours slow.
const MOST_SLOWNESS = 4;
const RECOVERY = 0.95;

const slots = createSlots(COUNT, MOST_WAITING);
let pendingMs = 0;
let slowness = 1;

/**
 * Runs a costly verification when its turn comes.
 * @param costMs what it is estimated to take
 * @throws TooBusy when too many wait already
 */
export async function inCostlySlot<T>(costMs: number, work: () => T | Promise<T>): Promise<T> {
  if (slots.isFull()) return slots(work);
  pendingMs += costMs;
  try {
    return await slots(async () => {
      const began = performance.now();
      const result = await work();
      const took = (performance.now() - began) / costMs;
      slowness = Math.min(MOST_SLOWNESS, Math.max(1, took, slowness * RECOVERY));
      return result;
    });
  } finally {
    pendingMs -= costMs;
  }
}

/** See {@link CostlyLoad}. */
export function loadOfSlots(): CostlyLoad {
  return { isFull: slots.isFull(), waitMs: pendingMs / COUNT, slowness };
}
