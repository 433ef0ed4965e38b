/** Runs the work when a slot is free, first come, first served. */
export type Slots = <T>(work: () => T | Promise<T>) => Promise<T>;

/** Too much work is waiting. HTTP answers 503 with Retry-After. */
export class TooBusy extends Error {
  readonly statusCode = 503;

  constructor() {
    super('Too many passwords are being verified, please try again in a moment');
    this.name = 'TooBusy';
  }
}

/**
 * Creates slots: at most `count` pieces of work run at a time. The others wait and hold only their input.
 * @param most maximum number of waiting pieces; beyond it `TooBusy` is thrown
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
      // A slot is handed over instead of freed, so that a newcomer cannot overtake.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
