const REMEMBERED_MS = 60_000;
/** A single case may be chance: the machine was busy, or one person's data were large. */
const ENOUGH = 3;
const MOST_REMEMBERED = 100;

/**
 * Remembers templates that exceeded their budget several times within a minute. They are refused for a while, because other renderings wait
 * behind them.
 */
export function createOverBudget(now: () => number) {
  const known = new Map<string, { times: number; until: number; problem: string }>();
  return {
    /** Returns why a template is refused now, or `null` if it may be rendered. */
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
