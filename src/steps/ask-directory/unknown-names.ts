/** Names that a directory has just called unknown. */
export type UnknownNames = {
  has(name: string, now: Date): boolean;
  add(name: string, now: Date): void;
  forget(name: string): void;
  count(now: Date): number;
};

const KEPT_MS = 15_000;
const MOST_NAMES = 10_000;

/** Creates an empty memory of names. It keeps a name for 15 seconds, and at most 10,000 of them: the oldest make room. */
export function createUnknownNames(): UnknownNames {
  /** From a name to the end of its time, in the order of the ends. */
  const ends = new Map<string, number>();

  function dropEnded(now: Date): void {
    for (const [name, end] of ends) {
      if (end > now.getTime() && ends.size <= MOST_NAMES) return;
      ends.delete(name);
    }
  }

  return {
    has(name, now) {
      return (ends.get(name) ?? 0) > now.getTime();
    },
    add(name, now) {
      ends.delete(name);
      ends.set(name, now.getTime() + KEPT_MS);
      dropEnded(now);
    },
    forget(name) {
      ends.delete(name);
    },
    count(now) {
      dropEnded(now);
      return ends.size;
    },
  };
}
