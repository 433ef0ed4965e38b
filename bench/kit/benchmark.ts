import type { Place, Places } from './places.ts';

/** How much of everything is done. */
export type Sizes = {
  importRows: number[];
  invitations: number;
  /** Of each measurement that is repeated; the median counts. */
  rounds: number;
  /** Of one measurement of something per second. */
  seconds: number;
  /** People who log in at the same time. */
  agents: number;
  /** Users in the database while single requests are timed. */
  lookupUsers: number[];
  lookupRequests: number;
  /** Who are moved against a limit of requests per second. */
  limitedPeople: number;
  /** Wrong passwords for each kind of account, and questions for somebody who has one and for somebody who has none. */
  wrongPasswords: number;
};

/** What a benchmark gets. */
export type Context = {
  kind: Places['kind'];
  sizes: Sizes;
  /** A new, empty database; removed when the benchmark ends. */
  newPlace(): Promise<Place>;
  /** Set: servers write CPU profiles into this folder. */
  profiles: string | undefined;
  /** Says how far it is, to whoever waits. */
  say(text: string): void;
};

/** One line of the table. */
export type Result = {
  what: string;
  unit: string;
  ours: number;
  /** What ours is compared with, measured in the same run; null when the aim is an absolute figure. */
  limit: { value: number; is: string } | null;
  /** ours / limit. */
  ratio: number | null;
  aim: string;
  /** null: there is no aim, the figure is only told. */
  met: boolean | null;
  details?: Record<string, unknown>;
};

export type Benchmark = (context: Context) => Promise<Result[]>;

type Measured = Pick<Result, 'what' | 'unit' | 'ours' | 'details'>;

/** A figure that must be at least `aim` times the limit, or at most. */
export function againstLimit(
  measured: Measured & { limit: number; limitIs: string },
  aim: { atLeast: number } | { atMost: number },
  /** The median of the rounds' ratios, when rounds were paired. */
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

/** A figure with an absolute aim. */
export function below(measured: Measured, most: number): Result {
  return {
    ...measured,
    limit: null,
    ratio: null,
    aim: `< ${most} ${measured.unit}`,
    met: measured.ours < most,
  };
}

/** A figure without an aim. */
export function told(measured: Measured): Result {
  return { ...measured, limit: null, ratio: null, aim: '', met: null };
}
