import { createHash } from 'node:crypto';
import type { Egress } from '../../platform/egress/egress.ts';
import type { Log } from '../../platform/log/log.ts';
import { insideProgram } from './child-program.ts';
import type { SandboxLimits } from './messages.ts';
import { MAX_LINE_LENGTH, MAX_LINES, MAX_TEXT_LENGTH, type Outcome, type Run } from './run.ts';
import type { ScriptCall, ScriptOutcome, ScriptRunner } from './script-types.ts';
import { createSlot, type Slot } from './slot.ts';

export type ScriptRunnerOptions = {
  egress: Egress;
  log?: Log;
  /** Processes that run scripts. Default: 2. */
  processes?: number;
  /** Megabytes for one script. A process may use four times of it. Default: 128. */
  memoryMb?: number;
  /** Milliseconds that a script may use the processor without giving way. Default: 5 seconds. */
  cpuMs?: number;
  /** Warm scripts per process. Default: 32. */
  maxIsolates?: number;
  /** Milliseconds without work after which a process ends. Default: 5 minutes. */
  idleMs?: number;
};

const TIMEOUT_MS = 20_000;
const MAX_SOURCE_BYTES = 100 * 1024;
/** Runs of one script at once. The others wait. */
const MAX_TOGETHER = 20;
const MAX_WAITING = 1000;
/** Of one script, so that a script whose runs take long leaves room for others. */
const MAX_WAITING_TOGETHER = 300;

/**
 * Creates what runs scripts. No process starts before the first script.
 */
export function createScriptRunner(options: ScriptRunnerOptions): ScriptRunner {
  const { egress, log, memoryMb = 128, maxIsolates = 32 } = options;
  const limits: SandboxLimits = {
    memoryMb,
    processMemoryMb: memoryMb * 4,
    cpuMs: options.cpuMs ?? 5000,
    maxIsolates,
    maxLines: MAX_LINES,
    maxLineLength: MAX_LINE_LENGTH,
    maxTextLength: MAX_TEXT_LENGTH,
  };
  let waiting: Run[] = [];
  let isClosed = false;
  /** Where a script was last, because its isolate may be warm there. The oldest is the first. */
  const homes = new Map<string, Slot>();
  const running = new Map<string, number>();

  const slots = Array.from({ length: options.processes ?? 2 }, () =>
    createSlot({
      limits,
      deps: { egress },
      log,
      idleMs: options.idleMs ?? 300_000,
      freed: () => pump(),
      orphaned(run) {
        count(run.key, -1);
        run.isStarted = false;
        run.isAlone = true;
        waiting.unshift(run);
      },
    }),
  );

  function count(key: string, change: number): void {
    const now = (running.get(key) ?? 0) + change;
    if (now > 0) running.set(key, now);
    else running.delete(key);
  }

  function pump(): void {
    if (waiting.length > 0) waiting = waiting.filter((run) => !place(run));
  }

  /** Starts a run if there is room for it. */
  function place(run: Run): boolean {
    if ((running.get(run.key) ?? 0) >= MAX_TOGETHER) return false;
    const slot = slotFor(run);
    if (slot === undefined) return false;
    homes.delete(run.key);
    homes.set(run.key, slot);
    const [oldest] = homes.keys();
    if (homes.size > slots.length * maxIsolates && oldest !== undefined) homes.delete(oldest);
    count(run.key, 1);
    run.isStarted = true;
    slot.start(run);
    return true;
  }

  function slotFor({ key, isAlone }: Run): Slot | undefined {
    const free = slots.filter((slot) => !slot.isReserved());
    if (isAlone) return free.find((slot) => slot.size() === 0);
    const open = free.filter((slot) => slot.has(key) || slot.scripts() < maxIsolates);
    const home = homes.get(key);
    if (home !== undefined && open.includes(home)) return home;
    return open.sort((a, b) => a.scripts() - b.scripts())[0];
  }

  function enqueue(run: Run): void {
    const together = waiting.filter(({ key }) => key === run.key).length;
    if (waiting.length >= MAX_WAITING || together >= MAX_WAITING_TOGETHER || isClosed) {
      run.finish({ kind: 'busy', lines: [] });
      return;
    }
    if (!place(run)) waiting.push(run);
  }

  return {
    run: (call) =>
      new Promise<ScriptOutcome>((resolve) => {
        const askedAt = performance.now();
        const timeoutMs = call.timeoutMs ?? TIMEOUT_MS;
        const answer = (outcome: Outcome) =>
          resolve({ ...outcome, tookMs: performance.now() - askedAt } as ScriptOutcome);
        const payload = JSON.stringify({ args: call.args, globals: call.globals ?? {} });
        const refusal = refusalOf(call, payload);
        if (refusal) {
          answer(refusal);
          return;
        }
        const late = setTimeout(() => {
          // A run that has started ends by itself, or with its process.
          if (run.isStarted) return;
          waiting = waiting.filter((each) => each !== run);
          answer({ kind: 'busy', lines: [] });
        }, timeoutMs);
        const run: Run = {
          call,
          key: keyOf(call),
          apiSource: call.api === undefined ? '' : insideProgram(call.api),
          payload,
          askedAt,
          until: askedAt + timeoutMs,
          hasAsked: false,
          isAlone: false,
          isStarted: false,
          host: null,
          finish(outcome) {
            clearTimeout(late);
            if (run.isStarted) count(run.key, -1);
            answer(outcome);
          },
        };
        enqueue(run);
      }),
    async close() {
      isClosed = true;
      for (const run of waiting.splice(0)) run.finish({ kind: 'busy', lines: [] });
      await Promise.all(slots.map((slot) => slot.close()));
    },
  };
}

function refusalOf(call: ScriptCall, payload: string): Outcome | null {
  if (Buffer.byteLength(call.source) > MAX_SOURCE_BYTES) {
    const problem = `The script is larger than ${MAX_SOURCE_BYTES / 1024} KB.`;
    return { kind: 'invalid', problem, lines: [] };
  }
  if (payload.length > MAX_TEXT_LENGTH) {
    return { kind: 'unusable', problem: 'The arguments are too large.', lines: [] };
  }
  return null;
}

function keyOf({ owner, source, shape, handler, api }: ScriptCall): string {
  const parts = JSON.stringify([owner, shape, handler ?? '', api ?? '', source]);
  return createHash('sha256').update(parts).digest('base64');
}
