import { randomUUID } from 'node:crypto';
import { type Db, pageAndCount } from '../../platform/db/db.ts';
import { type ActionVersion, on, type Program, programColumns, toVersion } from './action-row.ts';

/** Older versions are deleted, so that an action that is deployed often does not grow without end. */
const MOST_VERSIONS = 100;

/** Returns one version of an action, or `null`. */
export async function findVersion(
  db: Db,
  by: { actionId: string; versionId: string },
): Promise<ActionVersion | null> {
  const row = await on(db)
    .selectFrom('action_versions')
    .selectAll()
    .where('id', '=', by.versionId)
    .where('action_id', '=', by.actionId)
    .executeTakeFirst();
  return row ? toVersion(row) : null;
}

/** Returns a page of the versions of an action, newest first, and their total number. */
export async function listVersions(
  db: Db,
  options: { actionId: string; offset: number; limit: number },
): Promise<{ versions: ActionVersion[]; total: number }> {
  const newestFirst = on(db)
    .selectFrom('action_versions')
    .selectAll()
    .where('action_id', '=', options.actionId)
    .orderBy('number', 'desc');
  const { rows, total } = await pageAndCount(newestFirst, options);
  return { versions: rows.map(toVersion), total };
}

/** Makes a version of a program: of the action's draft, or of an earlier version. It runs from now on. The caller has locked the action. */
export async function deployProgram(
  tx: Db,
  input: { actionId: string; program: Program; now: Date },
): Promise<ActionVersion> {
  const { actionId, program, now } = input;
  const tables = on(tx);
  const { last } = await tables
    .selectFrom('action_versions')
    .select((eb) => eb.fn.coalesce(eb.fn.max('number'), eb.lit(0)).as('last'))
    .where('action_id', '=', actionId)
    .executeTakeFirstOrThrow();
  const number = Number(last) + 1;
  await tables
    .updateTable('action_versions')
    .set({ deployed: false })
    .where('action_id', '=', actionId)
    .where('deployed', '=', true)
    .execute();
  await tables
    .deleteFrom('action_versions')
    .where('action_id', '=', actionId)
    .where('number', '<=', number - MOST_VERSIONS)
    .execute();
  const row = await tables
    .insertInto('action_versions')
    .values({
      ...programColumns(program),
      id: randomUUID(),
      action_id: actionId,
      number,
      deployed: true,
      created_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toVersion(row);
}
