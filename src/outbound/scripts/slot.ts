import { randomUUID } from 'node:crypto';
import type { Log } from '../../platform/log/log.ts';
import { createHostCalls, type HostCallDeps } from './host-calls.ts';
import type { FromSandbox, SandboxLimits } from './messages.ts';
import { modulesOf } from './modules-of.ts';
import { type Outcome, outcomeOf, type Run } from './run.ts';
import { type SandboxProcess, startSandboxProcess } from './sandbox-process.ts';

/** A place for one sandbox process. The process starts with the first run, and again after it has ended. */
export type Slot = {
  start(run: Run): void;
  /** How many runs it has. */
  size(): number;
  /** How many scripts have runs in it. */
  scripts(): number;
  has(key: string): boolean;
  /** Whether its only run must stay alone. */
  isReserved(): boolean;
  close(): Promise<void>;
};

type Parts = {
  limits: SandboxLimits;
  deps: HostCallDeps;
  log: Log | undefined;
  idleMs: number;
  /** Called when a run has ended. */
  freed: () => void;
  /** Gets a run whose process has ended, and that can run again without doing anything twice. */
  orphaned: (run: Run) => void;
};

/** A process that has not ended a run this long after its time is stuck. In milliseconds. */
const GRACE_MS = 1500;

export function createSlot({ limits, deps, log, idleMs, freed, orphaned }: Parts): Slot {
  let current: { process: SandboxProcess; modules: Set<string>; suspect: string | null } | null =
    null;
  let lastId = 0;
  let idle: NodeJS.Timeout | undefined;
  const runs = new Map<number, { run: Run; backstop: NodeJS.Timeout }>();

  function open() {
    if (current) return current;
    const process = startSandboxProcess({ limits, hear: (message) => hear(made, message) });
    const made = { process, modules: new Set<string>(), suspect: null as string | null };
    current = made;
    void process.ended.then(() => {
      if (current === made) lose(made.suspect);
    });
    return made;
  }

  /** Ends or moves the runs of a process that has ended. */
  function lose(suspect: string | null): void {
    current = null;
    const lost = [...runs];
    runs.clear();
    if (lost.length > 0) log?.warn({ runs: lost.length }, 'a process for scripts has ended');
    for (const [, { run, backstop }] of lost) {
      clearTimeout(backstop);
      run.host?.end();
      if (run.hasAsked || run.isAlone || run.key === suspect) {
        run.finish({ kind: 'crashed', problem: 'The process of the script has ended.', lines: [] });
      } else orphaned(run);
    }
    freed();
  }

  function hear(from: NonNullable<typeof current>, message: FromSandbox): void {
    if (message.type === 'suspect') from.suspect = String(message.key);
    if (from !== current) return;
    if (message.type === 'end') end(message.id, outcomeOf(message));
    if (message.type === 'host') {
      const { id, seq } = message;
      const run = runs.get(id)?.run;
      if (!run) return;
      run.hasAsked = true;
      const call = {
        bridge: String(message.bridge),
        method: String(message.method),
        text: String(message.text),
      };
      void run.host?.answer(call).then((text) => {
        if (runs.has(id)) from.process.send({ type: 'reply', id, seq, text });
      });
    }
  }

  function end(id: number, outcome: Outcome): void {
    const found = runs.get(id);
    if (!found) return;
    runs.delete(id);
    clearTimeout(found.backstop);
    found.run.host?.end();
    found.run.finish(outcome);
    if (runs.size === 0) rest();
    freed();
  }

  function rest(): void {
    current?.process.hold(false);
    idle = setTimeout(() => {
      current?.process.kill();
      current = null;
    }, idleMs);
    idle.unref();
  }

  return {
    start(run) {
      clearTimeout(idle);
      const { process, modules } = open();
      process.hold(true);
      lastId += 1;
      const id = lastId;
      run.host = createHostCalls(deps, { callId: randomUUID(), until: run.until });
      const left = run.until - performance.now();
      const backstop = setTimeout(() => {
        log?.warn('a process for scripts is stuck and is ended');
        end(id, { kind: 'timed-out', lines: [] });
        process.kill();
      }, left + GRACE_MS);
      runs.set(id, { run, backstop });
      const sources = modulesOf(run.call.source, modules);
      if (Object.keys(sources).length > 0) process.send({ type: 'modules', sources });
      const { source, shape, handler = '' } = run.call;
      process.send({
        type: 'call',
        id,
        key: run.key,
        shape,
        source,
        handler,
        api: run.apiSource,
        payload: run.payload,
        timeoutMs: Math.max(1, left),
      });
    },
    size: () => runs.size,
    scripts: () => new Set([...runs.values()].map(({ run }) => run.key)).size,
    has: (key) => [...runs.values()].some(({ run }) => run.key === key),
    isReserved: () => [...runs.values()].some(({ run }) => run.isAlone),
    async close() {
      clearTimeout(idle);
      const process = current?.process;
      // Otherwise the server could end before it has seen this.
      process?.hold(true);
      process?.kill();
      await process?.ended;
    },
  };
}
