import { randomBytes } from 'node:crypto';
import type {
  Directory,
  DirectoryFailure,
  DirectoryLogin,
} from '../../outbound/legacy-directory/legacy-directory.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import { hmacSha256 } from '../../platform/crypto/crypto.ts';
import { canonicalIdentifier } from '../../platform/login-identifier/login-identifier.ts';
import { type BreakerView, createBreaker } from './circuit-breaker.ts';
import { createUnknownNames } from './unknown-names.ts';

/** A directory that is asked within limits. Its functions never reject. */
export type GuardedDirectory = Omit<Directory, 'login'> & {
  /**
   * Asks one question per identifier and password at a time: others who ask the same meanwhile get the same answer.
   * @param input.isKnown there is an account here, so that a name that was unknown before counts no more. Sign-ups and imports on any node
   * make one.
   */
  login(input: Parameters<Directory['login']>[0] & { isKnown?: boolean }): Promise<DirectoryLogin>;
  /** Milliseconds that refusals take at present. A refusal without a question should take as long. */
  usualMs(): number;
  health(): DirectoryHealth;
};

/** How a directory does, as this process sees it. */
export type DirectoryHealth = BreakerView & {
  questions: number;
  failures: number;
  /** Questions under way. */
  running: number;
  /** Logins that got the answer to another one's question. */
  shared: number;
  /** Names that are not asked about for some seconds, because they are unknown. */
  unknownNames: number;
  /** Logins that were refused for such a name. */
  answeredFromMemory: number;
  /** Milliseconds. */
  usualMs: number;
};

/** Milliseconds until a question is given up. Directories have shorter limits of their own. */
const LONGEST_MS = 30_000;
const MOST_RUNNING = 200;
/** A directory that is slower than this may show that it was asked. */
const MOST_USUAL_MS = 5_000;

type Failing = { kind: string } | DirectoryFailure;

/** Puts a circuit breaker, a limit of parallel questions, and a memory of unknown names before a directory. The state is this process's. */
export function guardDirectory(
  { clock }: { clock: Clock },
  directory: Directory,
): GuardedDirectory {
  const breaker = createBreaker();
  const unknown = createUnknownNames();
  const key = randomBytes(32);
  const logins = new Map<string, Promise<DirectoryLogin>>();
  const counts = { questions: 0, failures: 0, running: 0, shared: 0, answeredFromMemory: 0 };
  let usualMs = 0;

  async function ask<T extends Failing>(
    about: string,
    question: () => Promise<T>,
  ): Promise<T | DirectoryFailure> {
    if (counts.running >= MOST_RUNNING) {
      return unavailable('busy', `${MOST_RUNNING} questions to the directory are under way.`);
    }
    const admission = breaker.admit(clock.now());
    if (admission.kind === 'wait') {
      const seconds = Math.ceil(admission.ms / 1000);
      const problem = `The directory failed several times and is asked again in ${seconds} s.`;
      return unavailable('paused', problem);
    }
    counts.questions++;
    counts.running++;
    const answer = await inTime(question);
    counts.running--;
    if (isOutage(answer)) {
      counts.failures++;
      const { isProbe } = admission;
      breaker.noteFailure({ isProbe, about, problem: answer.problem, now: clock.now() });
    } else breaker.noteAnswer(clock.now());
    return answer;
  }

  async function askLogin(input: Parameters<Directory['login']>[0], name: string) {
    const began = performance.now();
    const answer = await ask(name, () => directory.login(input));
    if (answer.kind === 'wrong') {
      const tookMs = performance.now() - began;
      usualMs = Math.min(Math.max(tookMs, usualMs * 0.95), MOST_USUAL_MS);
      if (answer.isUnknown) unknown.add(name, clock.now());
    }
    return answer;
  }

  const { create, verify, changePassword, changeEmail, remove, count } = directory;
  return {
    async login({ isKnown = false, ...input }) {
      const name = canonicalIdentifier(input.identifier);
      if (!isKnown && unknown.has(name, clock.now())) {
        counts.answeredFromMemory++;
        return { kind: 'wrong', identifier: null, problem: null, isUnknown: true };
      }
      const parts = [name, input.identifier, input.password, input.context];
      const same = hmacSha256(key, JSON.stringify(parts)).toString('base64');
      const running = logins.get(same);
      if (running) {
        counts.shared++;
        return running;
      }
      const asked = askLogin(input, name).finally(() => logins.delete(same));
      logins.set(same, asked);
      return asked;
    },

    async getUser(input) {
      const name = canonicalIdentifier(input.identifier);
      const answer = await ask(name, () => directory.getUser(input));
      if (answer.kind === 'none') unknown.add(name, clock.now());
      if (answer.kind === 'found') unknown.forget(name);
      return answer;
    },

    ...(create && {
      async create(input) {
        const { email, username, phoneNumber } = input.user;
        const names = [email, username, phoneNumber].flatMap((name) =>
          name === null ? [] : [canonicalIdentifier(name)],
        );
        const answer = await ask(names[0] ?? '', () => create(input));
        for (const name of names) unknown.forget(name);
        return answer;
      },
    }),
    ...(verify && { verify: (input) => ask(input.email, () => verify(input)) }),
    ...(changePassword && {
      changePassword: (input) => ask(input.email, () => changePassword(input)),
    }),
    ...(changeEmail && {
      async changeEmail(input) {
        const answer = await ask(input.email, () => changeEmail(input));
        unknown.forget(canonicalIdentifier(input.newEmail));
        return answer;
      },
    }),
    ...(remove && { remove: (input) => ask(input.id, () => remove(input)) }),
    ...(count && { count }),

    usualMs: () => usualMs,
    health() {
      const now = clock.now();
      const { running, questions, failures, shared, answeredFromMemory } = counts;
      return {
        ...breaker.view(now),
        ...{ questions, failures, running, shared, answeredFromMemory },
        unknownNames: unknown.count(now),
        usualMs: Math.round(usualMs),
      };
    },
  };
}

function unavailable(why: DirectoryFailure['why'], problem: string): DirectoryFailure {
  return { kind: 'unavailable', why, problem };
}

/** A profile that cannot be used is a fault of one account, and an answer of the directory. */
function isOutage(answer: Failing): answer is DirectoryFailure {
  return 'why' in answer && (answer.why === 'timed-out' || answer.why === 'failed');
}

async function inTime<T>(question: () => Promise<T>): Promise<T | DirectoryFailure> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<DirectoryFailure>((resolve) => {
    const problem = `The directory did not answer within ${LONGEST_MS / 1000} s.`;
    timer = setTimeout(() => resolve(unavailable('timed-out', problem)), LONGEST_MS);
  });
  try {
    return await Promise.race([question(), late]);
  } catch (error) {
    return unavailable('failed', error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}
