import type { Json } from '../../outbound/scripts/scripts.ts';
import type { Trigger } from '../../records/actions/actions.ts';

type Entry = { value: string; expiresAt: number };

export type ActionCache = ReturnType<typeof createActionCache>;

/**
 * Returns the short-lived values that the actions of a trigger share on this node (`api.cache`). The program of `api` keeps the limits of a
 * trigger: 20 entries, 8 kB, one day.
 */
export function createActionCache() {
  const byTrigger = new Map<Trigger, Map<string, Entry>>();
  return {
    /** Returns what is still valid. @param now milliseconds since 1970 */
    entriesOf(trigger: Trigger, now: number): Record<string, Json> {
      const entries = byTrigger.get(trigger) ?? new Map<string, Entry>();
      for (const [key, entry] of entries) if (entry.expiresAt <= now) entries.delete(key);
      return Object.fromEntries(entries);
    },
    set(trigger: Trigger, key: string, entry: Entry): void {
      const entries = byTrigger.get(trigger) ?? new Map<string, Entry>();
      byTrigger.set(trigger, entries);
      entries.delete(key);
      entries.set(key, entry);
      // Actions that run at the same time do not see each other's values.
      const [oldest] = entries.keys();
      if (entries.size > MOST_ENTRIES && oldest !== undefined) entries.delete(oldest);
    },
    delete(trigger: Trigger, key: string): void {
      byTrigger.get(trigger)?.delete(key);
    },
  };
}

const MOST_ENTRIES = 20;
