/** How much slower than estimated this machine is. */
export type Pace = {
  /** 1, 2, 4 or 8: steps, because refusals follow it, and a value that moved with every verification would tell of each. */
  factor(now: number): number;
  /** Learns from a verification. @param ratio the time it took, by the estimate */
  note(ratio: number, now: number): void;
};

const STEPS = [1, 2, 4, 8];
// Part of the margin that refusals have is left for jitter.
const HEADROOM = 1.25;
const LASTS_MS = 10 * 60_000;

export function createPace(): Pace {
  let step = 0;
  let neededAt = 0;
  let before = 0;
  const settle = (now: number) => {
    if (step === 0 || now - neededAt < LASTS_MS) return;
    step -= 1;
    neededAt = now;
  };
  return {
    factor(now) {
      settle(now);
      return STEPS[step] ?? 1;
    },
    note(ratio, now) {
      settle(now);
      const fits = STEPS.findIndex((factor) => ratio <= factor * HEADROOM);
      const needed = fits < 0 ? STEPS.length - 1 : fits;
      // A single pause of the machine must not make every wrong answer of the next minutes slow.
      const lately = Math.min(needed, before);
      before = needed;
      if (lately < step) return;
      step = lately;
      neededAt = now;
    },
  };
}
