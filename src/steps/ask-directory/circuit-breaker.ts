/** What operators see of a breaker. */
export type BreakerView = {
  /** `closed`: questions are asked. `open`: none is, until `retryAt`. `half-open`: one is, to see whether the directory answers again. */
  state: 'closed' | 'open' | 'half-open';
  failuresInARow: number;
  openedAt: Date | null;
  retryAt: Date | null;
  lastProblem: string | null;
};

/** Permission to ask, or the milliseconds until the next attempt. */
export type Admission = { kind: 'ask'; isProbe: boolean } | { kind: 'wait'; ms: number };

/** Stops questions to a directory that does not answer, so that neither it nor the people who log in wait for nothing. */
export type CircuitBreaker = {
  admit(now: Date): Admission;
  /** @param about whom the question was about: failures about one person do not stop the questions about others */
  noteAnswer(now: Date): void;
  noteFailure(failure: { isProbe: boolean; about: string; problem: string; now: Date }): void;
  view(now: Date): BreakerView;
};

const FAILURES_TO_OPEN = 5;
/** A script that fails for one strange name must not be a switch in the hands of a stranger. */
const PEOPLE_TO_OPEN = 2;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/** Creates a closed breaker. It opens after five failures in a row about two or more people, and doubles the pause after each failed probe. */
export function createBreaker(): CircuitBreaker {
  let failures = 0;
  let people = new Set<string>();
  let pauseMs = FIRST_PAUSE_MS;
  let openedAt: Date | null = null;
  let retryAt: Date | null = null;
  let isProbing = false;
  let lastProblem: string | null = null;

  function open(now: Date): void {
    openedAt ??= now;
    retryAt = new Date(now.getTime() + pauseMs);
    isProbing = false;
  }

  return {
    admit(now) {
      if (retryAt === null) return { kind: 'ask', isProbe: false };
      const ms = retryAt.getTime() - now.getTime();
      if (ms > 0) return { kind: 'wait', ms };
      // If the probe never ends, another one follows after the pause.
      retryAt = new Date(now.getTime() + pauseMs);
      isProbing = true;
      return { kind: 'ask', isProbe: true };
    },

    noteAnswer() {
      failures = 0;
      people = new Set();
      pauseMs = FIRST_PAUSE_MS;
      openedAt = null;
      retryAt = null;
      isProbing = false;
    },

    noteFailure({ isProbe, about, problem, now }) {
      lastProblem = problem;
      failures++;
      if (people.size < PEOPLE_TO_OPEN) people.add(about);
      if (isProbe) {
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        open(now);
      } else if (
        retryAt === null &&
        failures >= FAILURES_TO_OPEN &&
        people.size >= PEOPLE_TO_OPEN
      ) {
        open(now);
      }
    },

    view(now) {
      const isDue = retryAt !== null && (isProbing || retryAt <= now);
      const state = retryAt === null ? 'closed' : isDue ? 'half-open' : 'open';
      return { state, failuresInARow: failures, openedAt, retryAt, lastProblem };
    },
  };
}
