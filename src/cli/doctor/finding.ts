/** The result of one check. `skipped` is no problem: the check could not run here. */
export type Finding = {
  what: string;
  state: 'good' | 'warning' | 'bad' | 'skipped';
  found: string;
  /** How to solve it. */
  advice?: string;
};

/** How long one check may take, in milliseconds. */
export const CHECK_TIMEOUT_MS = 8_000;

/** @throws if `work` takes longer than {@link CHECK_TIMEOUT_MS} */
export async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`)),
      CHECK_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the most specific message of an error. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return messageOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/** Compares a remote clock with ours, because several machines must agree about the time. All in milliseconds since 1970. */
export function compareClocks(
  whose: string,
  theirs: number,
  before: number,
  after: number,
): Finding {
  const off = theirs < before ? theirs - before : Math.max(0, theirs - after);
  return Math.abs(off) <= CLOCKS_MAY_DIFFER_MS
    ? { what: 'Clock', state: 'good', found: `agrees with ${whose}` }
    : {
        what: 'Clock',
        state: 'bad',
        found: `${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? 'behind' : 'ahead of'} ${whose}`,
        advice: 'Synchronize both machines with NTP, because tokens and links expire by the clock.',
      };
}

const CLOCKS_MAY_DIFFER_MS = 5_000;
