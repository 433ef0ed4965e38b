import { randomUUID } from 'node:crypto';
import { type Db, transaction, transactionWithUndo } from '../../platform/db/db.ts';
import {
  type Action,
  type Dependency,
  deleteAction,
  deployProgram,
  findAction,
  insertAction,
  isBound,
  lockAction,
  type SealedSecret,
  sealActionSecrets,
  type Trigger,
  updateAction,
} from '../../records/actions/actions.ts';
import { programProblem, type Refused } from './check-program.ts';
import type { ManageActionsDeps } from './manage-actions-deps.ts';

export { bindActions, MOST_BINDINGS } from './bind-actions.ts';
export type { Refused } from './check-program.ts';
export { deployAction, rollBackAction } from './deploy-action.ts';
export type { ManageActionsDeps } from './manage-actions-deps.ts';
export { type TryActionDeps, tryAction } from './try-action.ts';

/** A secret of a request. Without a value it keeps the one that it has. */
type GivenSecret = { name: string; value?: string | undefined };

export type NewAction = {
  name: string;
  trigger: Trigger;
  triggerVersion: string;
  code: string;
  dependencies: Dependency[];
  runtime: string;
  secrets: GivenSecret[];
  /** Whether the action is deployed at once. */
  deploy: boolean;
};

export type ActionChanges = {
  [Name in keyof Omit<NewAction, 'deploy'>]?: NewAction[Name] | undefined;
};

/** Creates an action. Nothing runs before it is deployed and bound. `duplicate`: the name is taken. */
export async function createAction(
  { db, clock, keys }: ManageActionsDeps,
  input: NewAction,
): Promise<{ kind: 'created'; action: Action } | { kind: 'duplicate' } | Refused> {
  const problem = programProblem(input);
  if (problem !== null) return problem;
  const now = clock.now();
  const { deploy, secrets: given, ...rest } = input;
  const sealed = sealAll(keys, { secrets: given, former: [], now });
  if (sealed.kind === 'refused') return sealed;
  const id = randomUUID();
  const action = { ...rest, secrets: sealed.secrets, id, createdAt: now, updatedAt: now };
  return transaction(db, async (tx) => {
    const outcome = await insertAction(tx, action);
    if (outcome.kind === 'duplicate') return outcome;
    if (deploy) await deployProgram(tx, { actionId: id, program: action, now });
    return { kind: 'created' as const, action: await existing(tx, id) };
  });
}

/** Changes the draft of an action, and nothing that runs. `duplicate`: the name is taken. */
export async function changeAction(
  { db, clock, keys }: ManageActionsDeps,
  id: string,
  changes: ActionChanges,
): Promise<
  { kind: 'changed'; action: Action } | { kind: 'missing' } | { kind: 'duplicate' } | Refused
> {
  const problem = programProblem(changes);
  if (problem !== null) return problem;
  const now = clock.now();
  return transactionWithUndo(db, async (tx, undo) => {
    const action = await lockAction(tx, id);
    if (action === null) return { kind: 'missing' as const };
    if (changes.trigger !== undefined && changes.trigger !== action.trigger) {
      const why = `an action keeps its trigger, which is ${action.trigger}. Create another action`;
      return { kind: 'refused' as const, path: 'supported_triggers', why };
    }
    const sealed = sealAll(keys, {
      secrets: changes.secrets ?? action.secrets.map(({ name }) => ({ name })),
      former: action.secrets,
      now,
    });
    if (sealed.kind === 'refused') return sealed;
    const outcome = await updateAction(
      tx,
      {
        id,
        name: changes.name ?? action.name,
        triggerVersion: changes.triggerVersion ?? action.triggerVersion,
        code: changes.code ?? action.code,
        dependencies: changes.dependencies ?? action.dependencies,
        runtime: changes.runtime ?? action.runtime,
        secrets: sealed.secrets,
      },
      now,
    );
    // A transaction with a failed statement can only be undone.
    if (outcome.kind === 'duplicate') return undo({ kind: 'duplicate' as const });
    return { kind: 'changed' as const, action: await existing(tx, id) };
  });
}

/** Deletes an action with its versions. One that runs at a trigger is deleted only by force. */
export function removeAction(
  { db }: ManageActionsDeps,
  id: string,
  options: { force: boolean },
): Promise<{ kind: 'removed' | 'missing' | 'bound' }> {
  return transaction(db, async (tx) => {
    const action = await lockAction(tx, id);
    if (action === null) return { kind: 'missing' };
    if (!options.force && (await isBound(tx, id))) return { kind: 'bound' };
    await deleteAction(tx, id);
    return { kind: 'removed' };
  });
}

function sealAll(
  keys: ManageActionsDeps['keys'],
  input: { secrets: GivenSecret[]; former: SealedSecret[]; now: Date },
): { kind: 'sealed'; secrets: SealedSecret[] } | Refused {
  const names = input.secrets.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const refused = (why: string): Refused => ({ kind: 'refused', path: 'secrets', why });
  if (twice !== undefined) return refused(`there are two secrets with the name ${twice}`);
  const outcome = sealActionSecrets(keys.encryption, input);
  return outcome.kind === 'sealed' ? outcome : refused(`no value of ${outcome.names.join(', ')}`);
}

/** An action that this transaction has written. */
async function existing(tx: Db, id: string): Promise<Action> {
  const action = await findAction(tx, id);
  if (action === null) throw new Error('The action was not written.');
  return action;
}
