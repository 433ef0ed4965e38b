import type { Json, ScriptOutcome, ScriptRunner } from '../../outbound/scripts/scripts.ts';
import { findAction, HANDLERS, openActionSecrets } from '../../records/actions/actions.ts';
import type { ManageActionsDeps } from './manage-actions-deps.ts';

export type TryActionDeps = Pick<ManageActionsDeps, 'db' | 'keys'> & { scripts: ScriptRunner };

/**
 * Runs the draft of an action once, with an invented event. What it asks for is returned, and not done. Only calls to other servers, which the
 * code makes itself, have their effect.
 */
export async function tryAction(
  { db, keys, scripts }: TryActionDeps,
  input: { id: string; event: { [key: string]: Json } },
): Promise<{ kind: 'ran'; outcome: ScriptOutcome } | { kind: 'missing' }> {
  const action = await findAction(db, input.id);
  if (action === null) return { kind: 'missing' };
  const { trigger } = action;
  const secrets = openActionSecrets(keys.encryption, action.secrets);
  const outcome = await scripts.run({
    owner: `draft of action ${action.id}`,
    source: action.code,
    shape: 'action',
    handler: HANDLERS[trigger].execute,
    api: 'action-api',
    args: [{ ...input.event, secrets, configuration: {} }],
    globals: { __api: { trigger, cache: {}, isContinued: false, canRedirect: true } },
  });
  return { kind: 'ran', outcome };
}
