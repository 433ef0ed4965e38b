import { setTimeout } from 'node:timers/promises';

/** Source of the current time and of timers. Tests choose the time and observe the waiting. */
export type Clock = {
  now(): Date;
  /** Waits this many milliseconds. The timer holds no resources. */
  pause(ms: number): Promise<unknown>;
};

export const systemClock: Clock = { now: () => new Date(), pause: (ms) => setTimeout(ms) };
