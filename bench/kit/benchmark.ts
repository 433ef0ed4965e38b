import type { Place, Places } from './places.ts';

/** The amount of work of each benchmark. */
export type Sizes = {
  importRows: number[];
  invitations: number;
  /** Number of repetitions of a measurement. The median counts. */
  rounds: number;
  /** Duration of a measurement per second, in seconds. */
  seconds: number;
  /** Number of people who log in at the same time. */
  agents: number;
  /** Numbers of users in the database while single requests are timed. */
  lookupUsers: number[];
  lookupRequests: number;
  /** Number of people who are moved under a limit of requests per second. */
  limitedPeople: number;
  /** Numbers of pending invitations while single acceptances are timed. */
  pendingInvitations: number[];
  /** Number of acceptances, and of new invitations, timed one after the other. */
  timedInvitations: number;
  /** Number of wrong passwords for each kind of account, and of requests for a known and an unknown address. */
  wrongPasswords: number;
};

/** The environment of a benchmark. */
export type Context = {
  kind: Places['kind'];
  sizes: Sizes;
  /** Creates an empty database, which is removed when the benchmark ends. */
  newPlace(): Promise<Place>;
  /** If set, servers write CPU profiles into this folder. */
  profiles: string | undefined;
  /** Reports progress. */
  say(text: string): void;
};

/** One line of the table. */
export type Result = {
  what: string;
  unit: string;
  ours: number;
  /** The baseline, measured in the same run, or `null` if the aim is an absolute figure. */
  limit: { value: number; is: string } | null;
  /** ours / limit. */
  ratio: number | null;
  aim: string;
  /** `null` if there is no aim. */
  met: boolean | null;
  details?: Record<string, unknown>;
};

export type Benchmark = (context: Context) => Promise<Result[]>;

type Measured = Pick<Result, 'what' | 'unit' | 'ours' | 'details'>;

/** Compares a figure with the limit: at least `aim` times the limit, or at most. */
export function againstLimit(
  measured: Measured & { limit: number; limitIs: string },
  aim: { atLeast: number } | { atMost: number },
  /** The median of the rounds' ratios, if rounds were paired. */
  ratio: number = measured.ours / measured.limit,
): Result {
  const { limit, limitIs, ...rest } = measured;
  return {
    ...rest,
    limit: { value: limit, is: limitIs },
    ratio,
    aim: 'atLeast' in aim ? `≥ ${aim.atLeast} × limit` : `≤ ${aim.atMost} × limit`,
    met: 'atLeast' in aim ? ratio >= aim.atLeast : ratio <= aim.atMost,
  };
}

/** Compares a figure with an absolute aim. */
export function below(measured: Measured, most: number): Result {
  return {
    ...measured,
    limit: null,
    ratio: null,
    aim: `< ${most} ${measured.unit}`,
    met: measured.ours < most,
  };
}

/** Reports a figure without an aim. */
export function told(measured: Measured): Result {
  return { ...measured, limit: null, ratio: null, aim: '', met: null };
}
