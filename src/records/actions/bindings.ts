import { randomUUID } from 'node:crypto';
import { type Db, pageAndCount } from '../../platform/db/db.ts';
import { type BindingsTable, on } from './action-row.ts';
import type { Trigger } from './triggers.ts';

/** That an action runs at its trigger. */
export type Binding = {
  id: string;
  trigger: Trigger;
  actionId: string;
  displayName: string;
  createdAt: Date;
  updatedAt: Date;
};

/** Returns a page of the bindings of a trigger, in the order in which their actions run, and their total number. */
export async function bindingsOf(
  db: Db,
  options: { trigger: Trigger; offset: number; limit: number },
): Promise<{ bindings: Binding[]; total: number }> {
  const inOrder = on(db)
    .selectFrom('action_bindings')
    .selectAll()
    .where('trigger', '=', options.trigger)
    .orderBy('position');
  const { rows, total } = await pageAndCount(inOrder, options);
  return { bindings: rows.map(toBinding), total };
}

/** Returns whether an action runs at its trigger. */
export async function isBound(db: Db, actionId: string): Promise<boolean> {
  const row = await on(db)
    .selectFrom('action_bindings')
    .select('id')
    .where('action_id', '=', actionId)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Replaces the bindings of a trigger. A binding whose action stays keeps its id.
 * @param input.actions in the order in which they run, each once
 */
export async function replaceBindings(
  tx: Db,
  input: { trigger: Trigger; actions: { actionId: string; displayName: string }[]; now: Date },
): Promise<void> {
  const { trigger, actions, now } = input;
  const former = await on(tx)
    .deleteFrom('action_bindings')
    .where('trigger', '=', trigger)
    .returningAll()
    .execute();
  if (actions.length === 0) return;
  const byAction = new Map(former.map((row) => [row.action_id, row]));
  const rows = actions.map(({ actionId, displayName }, position) => {
    const kept = byAction.get(actionId);
    const same = kept?.display_name === displayName && kept.position === position;
    return {
      id: kept?.id ?? randomUUID(),
      trigger,
      position,
      action_id: actionId,
      display_name: displayName,
      created_at: kept?.created_at ?? now,
      updated_at: kept && same ? kept.updated_at : now,
    };
  });
  await on(tx).insertInto('action_bindings').values(rows).execute();
}

function toBinding(row: BindingsTable): Binding {
  return {
    id: row.id,
    trigger: row.trigger,
    actionId: row.action_id,
    displayName: row.display_name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
