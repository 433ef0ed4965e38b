import { type Selectable, sql } from 'kysely';
import { type Db, pageAndCount, sqlState } from '../../platform/db/db.ts';
import {
  type Action,
  type ActionBase,
  type ActionsTable,
  on,
  type Program,
  programColumns,
  toAction,
} from './action-row.ts';
import type { Trigger } from './triggers.ts';

export type { Action, ActionBase, ActionVersion, Dependency, Program } from './action-row.ts';
export { openActionSecrets, type SealedSecret, sealActionSecrets } from './action-secrets.ts';
export { bindingsOf, isBound, replaceBindings } from './bindings.ts';
export { type DeployedAction, deployedActions } from './deployed.ts';
export {
  type ActionResult,
  deleteOldExecutions,
  findExecution,
  insertExecution,
} from './executions.ts';
export { HANDLERS, isTrigger, TRIGGERS, type Trigger } from './triggers.ts';
export { deployProgram, findVersion, listVersions } from './versions.ts';

const UNIQUE_VIOLATION = '23505';

export async function findAction(db: Db, id: string): Promise<Action | null> {
  const row = await on(db)
    .selectFrom('actions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  const [action] = row ? await withVersions(db, [row]) : [];
  return action ?? null;
}

/** As {@link findAction}. Nobody else changes the action until the transaction ends. */
export async function lockAction(tx: Db, id: string): Promise<Action | null> {
  await on(tx).selectFrom('actions').select('id').where('id', '=', id).forUpdate().execute();
  return findAction(tx, id);
}

/** Returns the existing actions among ids and names. */
export async function findActions(
  db: Db,
  by: { ids: string[]; names: string[] },
): Promise<Action[]> {
  if (by.ids.length + by.names.length === 0) return [];
  const rows = await on(db)
    .selectFrom('actions')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb('id', '=', sql<string>`any(${by.ids}::text[])`),
        eb('name', '=', sql<string>`any(${by.names}::text[])`),
      ]),
    )
    .execute();
  return withVersions(db, rows);
}

/** Returns a page of actions, oldest first, and their total number. */
export async function listActions(
  db: Db,
  options: {
    trigger?: Trigger | undefined;
    name?: string | undefined;
    /** Only actions of which a version runs, or only those of which none does. */
    deployed?: boolean | undefined;
    offset: number;
    limit: number;
  },
): Promise<{ actions: Action[]; total: number }> {
  const { trigger, name, deployed } = options;
  const runs = sql<boolean>`exists (select from action_versions where action_id = actions.id and deployed)`;
  const oldestFirst = on(db)
    .selectFrom('actions')
    .selectAll()
    .$if(trigger !== undefined, (q) => q.where('trigger', '=', trigger ?? 'post-login'))
    .$if(name !== undefined, (q) => q.where('name', '=', name ?? ''))
    .$if(deployed !== undefined, (q) => q.where(runs, '=', deployed ?? false))
    .orderBy('created_at')
    .orderBy('id');
  const { rows, total } = await pageAndCount(oldestFirst, options);
  return { actions: await withVersions(db, rows), total };
}

/** Inserts an action. Returns `duplicate` if the name is taken. */
export async function insertAction(
  db: Db,
  action: ActionBase & Program,
): Promise<{ kind: 'inserted' } | { kind: 'duplicate' }> {
  const result = await on(db)
    .insertInto('actions')
    .values({
      ...programColumns(action),
      id: action.id,
      name: action.name,
      trigger: action.trigger,
      trigger_version: action.triggerVersion,
      created_at: action.createdAt,
      updated_at: action.updatedAt,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  return { kind: result.numInsertedOrUpdatedRows === 1n ? 'inserted' : 'duplicate' };
}

/** Writes the name and the draft. Returns `duplicate` if the name is taken. */
export async function updateAction(
  db: Db,
  action: Pick<Action, 'id' | 'name' | 'triggerVersion'> & Program,
  now: Date,
): Promise<{ kind: 'updated' | 'missing' | 'duplicate' }> {
  try {
    const { numUpdatedRows } = await on(db)
      .updateTable('actions')
      .set({
        ...programColumns(action),
        name: action.name,
        trigger_version: action.triggerVersion,
        updated_at: now,
      })
      .where('id', '=', action.id)
      .executeTakeFirst();
    return { kind: numUpdatedRows === 1n ? 'updated' : 'missing' };
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'duplicate' };
    throw error;
  }
}

/** Deletes an action with its versions and its binding. Returns false if it does not exist. */
export async function deleteAction(db: Db, id: string): Promise<boolean> {
  const result = await on(db).deleteFrom('actions').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

async function withVersions(db: Db, rows: Selectable<ActionsTable>[]): Promise<Action[]> {
  if (rows.length === 0) return [];
  const deployed = await on(db)
    .selectFrom('action_versions')
    .selectAll()
    .where('deployed', '=', true)
    .where(
      'action_id',
      'in',
      rows.map((row) => row.id),
    )
    .execute();
  const byAction = new Map(deployed.map((version) => [version.action_id, version]));
  return rows.map((row) => toAction(row, byAction.get(row.id)));
}
