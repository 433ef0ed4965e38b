import type ivm from 'isolated-vm';
import type { FromSandbox, SandboxLimits, ToSandbox } from '../messages.ts';
import { type Cell, createCell } from './cell.ts';

type Call = Extract<ToSandbox, { type: 'call' }>;

/** The warm isolate of one script. Each run has a context of its own while it lasts. */
type Warm = {
  key: string;
  isolate: ivm.Isolate;
  idle: Cell[];
  running: Set<Cell>;
  usedAt: number;
};

export type Isolates = {
  take(message: ToSandbox): void;
  checkMemory(): void;
};

type Parts = {
  send: (message: FromSandbox) => void;
  /** Ends the process because of a script. */
  die: (key: string) => void;
  /** The path of the native part of isolated-vm. */
  nativePath: string;
  limits: SandboxLimits;
  prelude: string;
};

/** Contexts that stay warm in one isolate. More come and go with many runs at once. */
const MAX_IDLE_CELLS = 4;

/** Creates what runs the scripts of a process, each in its isolate. */
export function createIsolates({ send, die, nativePath, limits, prelude }: Parts): Isolates {
  const native = { exports: {} as { ivm: typeof ivm } };
  process.dlopen(native, nativePath);
  const { ivm: vm } = native.exports;
  const warm = new Map<string, Warm>();
  const cells = new Map<number, Cell>();
  const modules = new Map<string, string>();

  function open(key: string): Warm {
    const found = warm.get(key);
    if (found && !found.isolate.isDisposed) return found;
    if (found) drop(found);
    makeRoom();
    const isolate = new vm.Isolate({
      memoryLimit: limits.memoryMb,
      onCatastrophicError: () => die(key),
    });
    const made = { key, isolate, idle: [], running: new Set<Cell>(), usedAt: 0 };
    warm.set(key, made);
    return made;
  }

  function drop(each: Warm): void {
    if (warm.get(each.key) === each) warm.delete(each.key);
    for (const cell of each.running) {
      cell.end('crashed', 'The script used more memory than allowed.');
    }
    if (!each.isolate.isDisposed) each.isolate.dispose();
  }

  function idleOnes(): Warm[] {
    return [...warm.values()]
      .filter(({ running }) => running.size === 0)
      .sort((a, b) => a.usedAt - b.usedAt);
  }

  function makeRoom(): void {
    const [oldest] = idleOnes();
    if (warm.size >= limits.maxIsolates && oldest) drop(oldest);
  }

  async function run(call: Call): Promise<void> {
    const home = open(call.key);
    home.usedAt = performance.now();
    const cell = home.idle.pop() ?? createCell({ vm, limits, prelude, modules, send });
    home.running.add(cell);
    cells.set(call.id, cell);
    const isUsable = await cell.run(home.isolate, call);
    home.running.delete(cell);
    cells.delete(call.id);
    home.usedAt = performance.now();
    if (home.isolate.isDisposed) drop(home);
    else if (isUsable && home.idle.length < MAX_IDLE_CELLS) home.idle.push(cell);
    else cell.release();
  }

  return {
    take(message) {
      if (message.type === 'call') void run(message);
      else if (message.type === 'reply') cells.get(message.id)?.reply(message);
      else if (message.type === 'modules') {
        for (const [name, source] of Object.entries(message.sources)) modules.set(name, source);
      }
    },
    checkMemory() {
      const megabytes = process.memoryUsage.rss() / 1024 / 1024;
      if (megabytes < limits.processMemoryMb) return;
      for (const each of idleOnes()) drop(each);
      if (megabytes < 2 * limits.processMemoryMb) return;
      const [largest] = [...warm.values()].sort((a, b) => sizeOf(b) - sizeOf(a));
      die(largest?.key ?? '');
    },
  };
}

function sizeOf({ isolate }: Warm): number {
  // Asking a busy isolate would wait for it. How long it has worked is the next best sign.
  return isolate.isDisposed ? 0 : Number(isolate.cpuTime);
}
