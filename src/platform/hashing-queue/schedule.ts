/** A place in the schedule: as if the work were really done, whether it is or not. */
export type Reservation = {
  /** Time in ms from the reservation until the work is over, behind everything that came earlier. */
  doneInMs: number;
  /** So many came earlier that this is too much. */
  isOverfull: boolean;
  /** The work turned out not to be needed any more. */
  release(now: number): void;
};

export type Schedule = {
  /** @param ms what the work takes @param now both of the same clock, in ms */
  reserve(ms: number, now: number): Reservation;
};

type Open = { ms: number; doneAt: number };

/**
 * When work would be over if everything that is reserved were done in `places` places, first come, first served. Of the reserved work only
 * some is done really, never more than `most` waiting: what is told at the times of the schedule does not tell which.
 */
export function createSchedule(places: number, most: number): Schedule {
  const freeAt: number[] = new Array(places).fill(0);
  let open: Open[] = [];
  return {
    reserve(ms, now) {
      open = open.filter((one) => one.doneAt > now);
      const isOverfull = open.length >= places + most;
      const longest = open.reduce((longest, one) => Math.max(longest, one.ms), ms);
      const place = freeAt.indexOf(Math.min(...freeAt));
      const start = Math.max(now, freeAt[place] ?? 0);
      // What is really done is bounded in number, so nothing waits beyond this.
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
          open = open.filter((one) => one !== own);
          freeAt[place] = (freeAt[place] ?? 0) - Math.max(0, doneAt - Math.max(at, start));
        },
      };
    },
  };
}
