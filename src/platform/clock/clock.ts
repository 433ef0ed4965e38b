import { setTimeout } from 'node:timers/promises';

/** Source of the current time and of timers. Tests choose the time and observe the waiting. */
export type Clock = {
  now(): Date;
  /** Waits this many milliseconds. The timer holds no resources. */
  pause(ms: number): Promise<unknown>;
};

export const systemClock: Clock = { now: () => new Date(), pause: (ms) => setTimeout(ms) };

// The last year that is written with four digits.
const LATEST = Date.UTC(9999, 0, 1);

/** Returns the moment so many seconds later, at the latest the year 9999: Auth0's API has no maximum for some lifetimes, but a date does. */
export function momentAfter(now: Date, seconds: number): Date {
  return new Date(Math.min(now.getTime() + seconds * 1000, LATEST));
}

/** Returns whole seconds since 1970, as tokens and signed links count (RFC 7519, NumericDate). */
export function epochSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}
