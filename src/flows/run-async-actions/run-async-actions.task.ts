import type { Db } from '../../platform/db/db.ts';
import { currentRequest } from '../../platform/request-context/request-context.ts';
import { defineTask, type Enqueue } from '../../platform/tasks/tasks.ts';
import type { Actions } from '../../steps/run-actions/run-actions.ts';

export type AsyncTrigger = 'post-user-registration' | 'post-change-password';

export type AsyncRun = {
  trigger: AsyncTrigger;
  /** The account, which may be linked to a user. */
  accountId: string;
  clientId: string | null;
  ip: string | null;
  userAgent: string | null;
};

/** Runs the hook and the actions of a trigger whose result nobody waits for. */
export const runAsyncActionsTask = defineTask<AsyncRun>('run-async-actions', {
  concurrency: 4,
  retryLimit: 0,
});

/** Returns whether anything runs at the trigger. Ask before a transaction: it may read. */
export async function isAwaited(
  { actions }: { actions: Actions },
  trigger: AsyncTrigger,
): Promise<boolean> {
  const programs = await actions.programsOf(trigger);
  return programs.hook !== null || programs.actions.length > 0;
}

/** Lets the programs of a trigger run after the commit. */
export function enqueueAsyncActions(
  tx: Db,
  enqueue: Enqueue,
  about: { trigger: AsyncTrigger; accountId: string; clientId: string | null },
): Promise<void> {
  const request = currentRequest();
  const origin = { ip: request?.ip ?? null, userAgent: request?.userAgent ?? null };
  return enqueue(tx, runAsyncActionsTask, { ...about, ...origin });
}
