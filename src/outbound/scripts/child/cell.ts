import { setTimeout as wait } from 'node:timers/promises';
import type ivm from 'isolated-vm';
import type { FromSandbox, SandboxLimits, ToSandbox } from '../messages.ts';
import type { ScriptLine } from '../script-types.ts';
import { callSync } from './sync-functions.ts';

type Call = Extract<ToSandbox, { type: 'call' }>;
type EndKind = Extract<FromSandbox, { type: 'end' }>['kind'];

/** A context that runs one call of a script at a time. What a run leaves behind, such as timers, ends with it. */
export type Cell = {
  /** Resolves when the run has ended and been told. Returns whether the context can be used again. */
  run(isolate: ivm.Isolate, call: Call): Promise<boolean>;
  reply(message: { seq: number; text: string }): void;
  end(kind: EndKind, text: string): void;
  release(): void;
};

type Parts = {
  vm: typeof ivm;
  limits: SandboxLimits;
  prelude: string;
  modules: ReadonlyMap<string, string>;
  send: (message: FromSandbox) => void;
};

type Dispatch = (kind: string, id: number, text: string, payload: string) => void;

const MAX_TIMERS = 1000;
const MAX_PENDING = 100;
/** Milliseconds for which an answer waits until its script is still, so that the next run finds the context free. */
const STILL_MS = 100;
/** Milliseconds to close a run, in which a script may handle its failed calls. */
const CLOSE_MS = 500;

export function createCell({ vm, limits, prelude, modules, send }: Parts): Cell {
  let context: ivm.Context | undefined;
  let dispatch: ivm.Reference<Dispatch> | undefined;
  let current:
    | {
        call: Call;
        lines: ScriptLine[];
        timers: Map<number, NodeJS.Timeout>;
        pending: number;
        isBroken: boolean;
        until: number;
        ended: () => void;
        isEnded: boolean;
        /** Whether it has ended before the script answered. */
        isCut: boolean;
        /** Resolves when the script does nothing at the moment. */
        still: Promise<unknown>;
      }
    | undefined;

  /** Takes what a script says. Nothing of it is trusted. */
  function hear(kind: unknown, id: unknown, ...[a, b, c, d]: unknown[]): void {
    const run = current;
    if (run === undefined || run.isEnded || id !== run.call.id) return;
    if (kind === 'end') end(a as EndKind, String(b));
    else if (kind === 'line' && run.lines.length < limits.maxLines) {
      run.lines.push({
        level: a as ScriptLine['level'],
        text: String(b).slice(0, limits.maxLineLength),
      });
    } else if (kind === 'host') {
      const [seq, bridge, method, text] = [Number(a), String(b), String(c), String(d)];
      run.pending += 1;
      if (run.pending > MAX_PENDING) {
        reply({ seq, text: problem('Too many calls at once.') });
      } else if (text.length > limits.maxTextLength) {
        reply({ seq, text: problem('The arguments are too large.') });
      } else send({ type: 'host', id: run.call.id, seq, bridge, method, text });
    } else if (kind === 'timer') startTimer(Number(a), Number(b), c === true);
    else if (kind === 'clear') {
      clearTimeout(run.timers.get(Number(a)));
      run.timers.delete(Number(a));
    }
  }

  function startTimer(id: number, ms: number, repeats: boolean): void {
    const run = current;
    if (run === undefined || run.timers.size >= MAX_TIMERS) return;
    const timer = setTimeout(async () => {
      run.timers.delete(id);
      await enter('timer', id);
      if (repeats && !run.isEnded) startTimer(id, ms, true);
    }, ms);
    run.timers.set(id, timer);
  }

  function reply({ seq, text }: { seq: number; text: string }): void {
    if (current === undefined || current.isEnded) return;
    current.pending -= 1;
    void enter('reply', seq, text);
  }

  /** Goes into the context, within the limits of one turn. */
  async function enter(kind: string, id: number, text = '', payload = ''): Promise<void> {
    const run = current;
    if (dispatch === undefined || run === undefined) return;
    const left = kind === 'close' ? CLOSE_MS : run.until - performance.now();
    const timeout = Math.max(1, Math.ceil(Math.min(limits.cpuMs, left)));
    const turn = dispatch.apply(undefined, [kind, id, text, payload], { timeout });
    run.still = Promise.allSettled([run.still, turn]);
    try {
      await turn;
    } catch (error) {
      run.isBroken = true;
      const { message } = error as Error;
      if (message.includes('timed out')) end('timed-out', '');
      else if (message.includes('isposed')) {
        end('crashed', 'The script used more memory than allowed.');
      } else end('crashed', message);
    }
  }

  function end(kind: EndKind, text: string): void {
    const run = current;
    if (run === undefined || run.isEnded) return;
    run.isEnded = true;
    for (const timer of run.timers.values()) clearTimeout(timer);
    run.ended();
    run.isCut = kind === 'timed-out' || kind === 'crashed';
    void tell(run, { type: 'end', id: run.call.id, kind, text, lines: run.lines });
  }

  async function tell(
    { isCut, still }: { isCut: boolean; still: Promise<unknown> },
    outcome: FromSandbox,
  ): Promise<void> {
    if (!isCut) await Promise.race([still, wait(STILL_MS)]);
    send(outcome);
  }

  async function open(isolate: ivm.Isolate): Promise<void> {
    context = await isolate.createContext();
    const settings = JSON.stringify(limits);
    const given = [
      new vm.Callback(hear, { ignored: true }),
      new vm.Callback((method: unknown, text: unknown) => callSync(String(method), String(text))),
      new vm.Callback((name: unknown) => modules.get(String(name))),
      settings,
    ];
    dispatch = (await context.evalClosure(prelude, given, {
      result: { reference: true },
      timeout: limits.cpuMs,
    })) as ivm.Reference<Dispatch>;
  }

  return {
    async run(isolate, call) {
      const ended = Promise.withResolvers<void>();
      const run = {
        call,
        lines: [],
        timers: new Map<number, NodeJS.Timeout>(),
        pending: 0,
        isBroken: false,
        until: performance.now() + call.timeoutMs,
        ended: ended.resolve,
        isEnded: false,
        isCut: false,
        still: Promise.resolve() as Promise<unknown>,
      };
      current = run;
      const late = setTimeout(() => end('timed-out', ''), call.timeoutMs);
      try {
        if (dispatch === undefined) await open(isolate);
        const { shape, source, handler, api } = call;
        const program = JSON.stringify({ shape, source, handler, api });
        void enter('call', call.id, program, call.payload);
        await ended.promise;
        await run.still;
        // Otherwise the script's own answer has closed it.
        if (run.isCut && !run.isBroken) await enter('close', call.id);
      } catch (error) {
        run.isBroken = true;
        end('crashed', (error as Error).message);
      } finally {
        clearTimeout(late);
        current = undefined;
      }
      return !run.isBroken && !isolate.isDisposed;
    },
    reply,
    end,
    release() {
      dispatch?.release();
      context?.release();
      dispatch = undefined;
      context = undefined;
    },
  };
}

function problem(message: string): string {
  return JSON.stringify({ error: { name: 'Error', message } });
}
