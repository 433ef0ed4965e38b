const REMEMBERED_MS = 60_000;
/** Once may be chance: the machine was busy, or one person's data were large. */
const ENOUGH = 3;
const MOST_REMEMBERED = 100;

/** Remembers what went over its budget several times within a minute: it is not tried again for a while, because others wait behind it. */
export function createOverBudget(now: () => number) {
  const known = new Map<string, { times: number; until: number; problem: string }>();
  return {
    /** Why it is not tried now; null when it is. */
    refusal(key: () => string): string | null {
      if (known.size === 0) return null;
      const found = known.get(key());
      if (found === undefined) return null;
      if (found.until <= now()) known.delete(key());
      else if (found.times >= ENOUGH) return found.problem;
      return null;
    },
    note(key: () => string, problem: string): void {
      const times = (known.get(key())?.times ?? 0) + 1;
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(key(), { times, until: now() + REMEMBERED_MS, problem });
    },
  };
}
