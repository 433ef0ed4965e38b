import { transaction } from '../../platform/db/db.ts';
import {
  type Action,
  type ActionVersion,
  deployProgram,
  findVersion,
  lockAction,
  updateAction,
} from '../../records/actions/actions.ts';
import type { ManageActionsDeps } from './manage-actions-deps.ts';

type Deployed = { kind: 'deployed'; action: Action; version: ActionVersion };

/** Makes the draft of an action the version that runs. */
export function deployAction(
  { db, clock }: ManageActionsDeps,
  id: string,
): Promise<Deployed | { kind: 'missing' }> {
  return transaction(db, async (tx) => {
    const action = await lockAction(tx, id);
    if (action === null) return { kind: 'missing' as const };
    const version = await deployProgram(tx, { actionId: id, program: action, now: clock.now() });
    return { kind: 'deployed' as const, action, version };
  });
}

/** Makes a new version that equals an earlier one. With `updateDraft` the draft becomes equal too. */
export function rollBackAction(
  { db, clock }: ManageActionsDeps,
  input: { actionId: string; versionId: string; updateDraft: boolean },
): Promise<Deployed | { kind: 'missing' }> {
  const now = clock.now();
  return transaction(db, async (tx) => {
    const action = await lockAction(tx, input.actionId);
    const earlier = await findVersion(tx, input);
    if (action === null || earlier === null) return { kind: 'missing' as const };
    const { code, dependencies, runtime, secrets } = earlier;
    const program = { code, dependencies, runtime, secrets };
    const version = await deployProgram(tx, { actionId: action.id, program, now });
    if (input.updateDraft) {
      const { id, name, triggerVersion } = action;
      await updateAction(tx, { id, name, triggerVersion, ...program }, now);
    }
    return { kind: 'deployed' as const, action, version };
  });
}
