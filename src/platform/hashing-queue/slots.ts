/** Runs the work when one of the slots is free, first come, first served. */
export type Slots = <T>(work: () => T | Promise<T>) => Promise<T>;

/** More work than may wait. Doors answer 503 with Retry-After. */
export class TooBusy extends Error {
  readonly statusCode = 503;

  constructor() {
    super('Too many passwords are being verified, please try again in a moment');
    this.name = 'TooBusy';
  }
}

/**
 * Lets at most `count` pieces of work run at a time; the others wait, holding nothing but their input.
 * @param most how many may wait; beyond it `TooBusy` is thrown
 */
export function createSlots(count: number, most = Number.POSITIVE_INFINITY): Slots {
  let free = count;
  const waiting: Array<() => void> = [];
  return async <T>(work: () => T | Promise<T>): Promise<T> => {
    if (free === 0 && waiting.length >= most) throw new TooBusy();
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A slot is handed over rather than freed, so that a newcomer can't jump the queue.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
