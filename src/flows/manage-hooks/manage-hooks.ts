import { sqlState, transactionWithUndo } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import { codeProblem } from '../../platform/script-syntax/script-syntax.ts';
import {
  deleteHook,
  disableHooksOf,
  type Hook,
  insertHook,
  lockHook,
  updateHook,
} from '../../records/hooks/hooks.ts';
import { packageProblem } from '../../steps/offer-packages/offer-packages.ts';

import type { ManageHooksDeps } from './manage-hooks-deps.ts';

export { changeSecrets, MOST_SECRETS } from './hook-secrets.ts';
export type { ManageHooksDeps } from './manage-hooks-deps.ts';

type NotWritten =
  | { kind: 'duplicate' }
  /** Another request has enabled a hook of the trigger in the same moment. */
  | { kind: 'overtaken' }
  | { kind: 'refused'; path: string; why: string };

const UNIQUE_VIOLATION = '23505';

/** Creates a hook. If it is enabled, the other hook of its trigger no longer is. `duplicate`: the name is taken. */
export async function createHook(
  { db, clock }: ManageHooksDeps,
  input: Omit<Hook, 'id'>,
): Promise<{ kind: 'created'; hook: Hook } | NotWritten> {
  const problem = hookProblem(input);
  if (problem !== null) return problem;
  const hook: Hook = { ...input, id: randomAlnum(26).toUpperCase() };
  return orOvertaken(() =>
    transactionWithUndo(db, async (tx, undo) => {
      if (hook.enabled) await disableHooksOf(tx, hook.trigger);
      const outcome = await insertHook(tx, hook, clock.now());
      if (outcome.kind === 'duplicate') return undo({ kind: 'duplicate' as const });
      return { kind: 'created' as const, hook };
    }),
  );
}

/** Changes only what `changes` names. If it enables the hook, the other hook of its trigger is disabled. */
export async function changeHook(
  { db }: ManageHooksDeps,
  id: string,
  changes: {
    [Name in 'name' | 'script' | 'dependencies' | 'enabled']?: Hook[Name] | undefined;
  },
): Promise<{ kind: 'changed'; hook: Hook } | { kind: 'missing' } | NotWritten> {
  const problem = hookProblem(changes);
  if (problem !== null) return problem;
  return orOvertaken(() =>
    transactionWithUndo(db, async (tx, undo) => {
      const found = await lockHook(tx, id);
      if (found === null) return { kind: 'missing' as const };
      const former = found.hook;
      const hook: Hook = {
        ...former,
        name: changes.name ?? former.name,
        script: changes.script ?? former.script,
        dependencies: changes.dependencies ?? former.dependencies,
        enabled: changes.enabled ?? former.enabled,
      };
      if (hook.enabled && !former.enabled) await disableHooksOf(tx, hook.trigger);
      const outcome = await updateHook(tx, hook);
      // A transaction with a failed statement can only be undone.
      if (outcome.kind === 'duplicate') return undo({ kind: 'duplicate' as const });
      return { kind: 'changed' as const, hook };
    }),
  );
}

/** Deletes a hook. One that does not exist changes nothing. */
export async function removeHook({ db }: ManageHooksDeps, id: string): Promise<void> {
  await deleteHook(db, id);
}

function hookProblem(hook: {
  script?: string | undefined;
  dependencies?: Record<string, string> | undefined;
}): { kind: 'refused'; path: string; why: string } | null {
  const syntax = hook.script === undefined ? null : codeProblem(hook.script, 'module');
  if (syntax !== null) return { kind: 'refused', path: 'script', why: syntax };
  const names = Object.keys(hook.dependencies ?? {});
  const packages = packageProblem(names);
  return packages === null ? null : { kind: 'refused', path: 'dependencies', why: packages };
}

async function orOvertaken<T>(work: () => Promise<T>): Promise<T | { kind: 'overtaken' }> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'overtaken' };
    throw error;
  }
}
