import { setTimeout } from 'node:timers/promises';

/** Where the present comes from, and waiting, so that tests can choose the one and watch the other. */
export type Clock = {
  now(): Date;
  /** Waits so many ms by a timer, which holds nothing. */
  pause(ms: number): Promise<unknown>;
};

export const systemClock: Clock = { now: () => new Date(), pause: (ms) => setTimeout(ms) };
