import {
  type ImportDeps,
  importUsersHandlers,
  sweepImports,
} from '../flows/import-users/import-users.ts';
import type { Log } from '../platform/log/log.ts';
import type { Registration } from '../platform/tasks/tasks.ts';

export type WorkerDeps = ImportDeps & { log: Log };

/** Which flow does which task. */
export function workerHandlers(deps: WorkerDeps): Registration[] {
  return [...importUsersHandlers(deps)];
}

const SWEEP_EVERY_MS = 15_000;

/** Looks now and then for work that was lost, until stopped. Each look is safe to run on every node at once. */
export function startSweeps(deps: WorkerDeps): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const sweep = async () => {
    for (const one of [sweepImports]) {
      await one(deps).catch((error: unknown) => deps.log.error({ err: error }, 'sweep'));
    }
  };
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, SWEEP_EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
