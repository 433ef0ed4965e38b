import { sqlState, transaction } from '../../platform/db/db.ts';
import {
  type Action,
  bindingsOf,
  findActions,
  replaceBindings,
  type Trigger,
} from '../../records/actions/actions.ts';
import type { Refused } from './check-program.ts';
import type { ManageActionsDeps } from './manage-actions-deps.ts';

/** The time of a login stays within bounds. */
export const MOST_BINDINGS = 100;

type Bindings = {
  trigger: Trigger;
  bindings: { ref: Ref; displayName?: string | undefined }[];
};
type Ref = { type: 'action_id' | 'action_name' | 'binding_id'; value: string };

const UNIQUE_VIOLATION = '23505';

/**
 * Sets which actions run at a trigger. `overtaken`: another request has set them in the same moment.
 * @param input.bindings in the order in which they run. The name for people is the action's own by default.
 */
export async function bindActions(
  deps: ManageActionsDeps,
  input: Bindings,
): Promise<{ kind: 'bound' } | { kind: 'overtaken' } | Refused> {
  try {
    return await bind(deps, input);
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'overtaken' };
    throw error;
  }
}

function bind(
  { db, clock }: ManageActionsDeps,
  input: Bindings,
): Promise<{ kind: 'bound' } | Refused> {
  const { trigger, bindings } = input;
  const refused = (index: number, why: string): Refused => {
    return { kind: 'refused', path: `bindings[${index}].ref`, why };
  };
  return transaction(db, async (tx) => {
    const formerly = await bindingsOf(tx, { trigger, offset: 0, limit: MOST_BINDINGS });
    const bound = new Map(formerly.bindings.map((binding) => [binding.id, binding.actionId]));
    const named = (type: Ref['type']) =>
      bindings.flatMap(({ ref }) => (ref.type === type ? [ref.value] : []));
    const found = await findActions(tx, {
      ids: [...named('action_id'), ...bound.values()],
      names: named('action_name'),
    });
    const chosen: { actionId: string; displayName: string }[] = [];
    for (const [index, { ref, displayName }] of bindings.entries()) {
      const action = found.find((one) => isMeant(one, ref, bound));
      if (action === undefined) return refused(index, `there is no action ${ref.value}`);
      if (action.trigger !== trigger) {
        return refused(index, `the action ${action.name} has the trigger ${action.trigger}`);
      }
      if (action.deployedVersion === null) {
        return refused(index, `the action ${action.name} has not been deployed yet`);
      }
      if (chosen.some(({ actionId }) => actionId === action.id)) {
        return refused(index, `the action ${action.name} is bound twice`);
      }
      chosen.push({ actionId: action.id, displayName: displayName ?? action.name });
    }
    await replaceBindings(tx, { trigger, actions: chosen, now: clock.now() });
    return { kind: 'bound' as const };
  });
}

function isMeant(action: Action, ref: Ref, bound: Map<string, string>): boolean {
  if (ref.type === 'action_name') return action.name === ref.value;
  return action.id === (ref.type === 'action_id' ? ref.value : bound.get(ref.value));
}
