/** Runs the work when one of the slots is free, first come, first served. */
export type Slots = <T>(work: () => T | Promise<T>) => Promise<T>;

/** Lets at most `count` pieces of work run at a time; the others wait, holding nothing but their input. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: Array<() => void> = [];
  return async (work) => {
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
