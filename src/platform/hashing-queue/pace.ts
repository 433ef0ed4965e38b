/** The ratio of this machine's speed to the estimates. */
export type Pace = {
  /**
   * Returns 1, 2, 4 or 8. Refusals depend on it, so it moves in steps: a value that changed with every verification would reveal each one.
   */
  factor(now: number): number;
  /** Learns from a verification. @param ratio measured time divided by estimated time */
  note(ratio: number, now: number): void;
};

const STEPS = [1, 2, 4, 8];
// The rest of the refusals' margin is left for jitter.
const HEADROOM = 1.25;
const LASTS_MS = 10 * 60_000;

/** Creates a pace that starts at factor 1. Times are in milliseconds. */
export function createPace(): Pace {
  let step = 0;
  let neededAt = 0;
  let before = 0;
  const adjustFactor = (now: number) => {
    if (step === 0 || now - neededAt < LASTS_MS) return;
    step -= 1;
    neededAt = now;
  };
  return {
    factor(now) {
      adjustFactor(now);
      return STEPS[step] ?? 1;
    },
    note(ratio, now) {
      adjustFactor(now);
      const fits = STEPS.findIndex((factor) => ratio <= factor * HEADROOM);
      const needed = fits < 0 ? STEPS.length - 1 : fits;
      // A single pause of the machine must not slow every refusal of the next minutes.
      const lately = Math.min(needed, before);
      before = needed;
      if (lately < step) return;
      step = lately;
      neededAt = now;
    },
  };
}
