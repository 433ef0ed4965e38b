/** A place in the schedule. It lasts as if the work were done, even if it is not. */
export type Reservation = {
  /** Milliseconds from the reservation until the work would be over, after everything that came earlier. */
  doneInMs: number;
  /** Whether too much was reserved earlier. */
  isOverfull: boolean;
  /** Cancels the reservation: the work is not needed. */
  release(now: number): void;
};

export type Schedule = {
  /**
   *
   * @param ms duration of the work, in milliseconds @param now current time, in milliseconds
   */
  reserve(ms: number, now: number): Reservation;
};

type Open = { ms: number; doneAt: number };

/**
 * Creates a schedule: when work would be over if everything reserved were done in `places` places, first come, first served. Only some of
 * the reserved work is really done, and never more than `most` waits. An answer sent at the scheduled time does not reveal which.
 */
export function createSchedule(places: number, most: number): Schedule {
  const freeAt: number[] = new Array(places).fill(0);
  let open: Open[] = [];
  return {
    reserve(ms, now) {
      open = open.filter((candidate) => candidate.doneAt > now);
      const isOverfull = open.length >= places + most;
      const longest = open.reduce((longest, each) => Math.max(longest, each.ms), ms);
      const place = freeAt.indexOf(Math.min(...freeAt));
      const start = Math.max(now, freeAt[place] ?? 0);
      // The number of real pieces of work is bounded, so none waits longer than this.
      const horizon = now + longest * (most / places + 1);
      const doneAt = Math.max(start, Math.min(start + ms, horizon));
      const own = { ms, doneAt };
      freeAt[place] = doneAt;
      open.push(own);
      return {
        doneInMs: doneAt - now,
        isOverfull,
        release(at) {
          if (!open.includes(own)) return;
          open = open.filter((candidate) => candidate !== own);
          freeAt[place] = (freeAt[place] ?? 0) - Math.max(0, doneAt - Math.max(at, start));
        },
      };
    },
  };
}
