/** What one look found. `skipped` is not a fault: it could not be looked at here. */
export type Finding = {
  what: string;
  state: 'good' | 'warning' | 'bad' | 'skipped';
  found: string;
  /** What to do about it. */
  advice?: string;
};

/** How long one look may take, in milliseconds. */
export const PATIENCE_MS = 8_000;

/** @throws when nothing has come of it within {@link PATIENCE_MS} */
export async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The sentence that says most about an error. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return messageOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/** Several machines must be of one mind about the time. All in milliseconds since 1970. */
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
        advice: 'Let both machines take their time from NTP: tokens and links live by the clock.',
      };
}

const CLOCKS_MAY_DIFFER_MS = 5_000;
