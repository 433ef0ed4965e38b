import { sql } from 'kysely';
import { type Db, pageAndCount, sqlState } from '../../platform/db/db.ts';

export {
  deleteRulesConfig,
  listRulesConfigs,
  putRulesConfig,
  rulesConfiguration,
} from './rules-configs.ts';

type RulesTable = {
  id: string;
  name: string;
  script: string;
  position: number;
  enabled: boolean;
  created_at: Date;
};

/** A program in the older form `function (user, context, callback)`, which runs at every login. */
export type Rule = {
  id: string;
  name: string;
  script: string;
  /** Rules run in this order, the lowest first. */
  order: number;
  enabled: boolean;
};

type Conflict = { kind: 'duplicate_name' } | { kind: 'duplicate_order' };

const on = (db: Db) => db.withTables<{ rules: RulesTable }>();
const UNIQUE_VIOLATION = '23505';

export async function findRule(db: Db, id: string): Promise<Rule | null> {
  const row = await on(db).selectFrom('rules').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toRule(row) : null;
}

/** Returns a page of rules in the order in which they run, and their total number. */
export async function listRules(
  db: Db,
  options: { enabled?: boolean | undefined; offset: number; limit: number },
): Promise<{ rules: Rule[]; total: number }> {
  const { enabled } = options;
  const inOrder = on(db)
    .selectFrom('rules')
    .selectAll()
    .$if(enabled !== undefined, (q) => q.where('enabled', '=', enabled ?? true))
    .orderBy('position');
  const { rows, total } = await pageAndCount(inOrder, options);
  return { rules: rows.map(toRule), total };
}

/** Returns the rules that run, in their order. */
export async function enabledRules(db: Db): Promise<Rule[]> {
  const rows = await on(db)
    .selectFrom('rules')
    .selectAll()
    .where('enabled', '=', true)
    .orderBy('position')
    .execute();
  return rows.map(toRule);
}

/** Returns the order after the last rule. */
export async function nextOrder(db: Db): Promise<number> {
  const { rows } = await sql<{
    next: number;
  }>`select coalesce(max(position), 0) + 1 as next from rules`.execute(db);
  return rows[0]?.next ?? 1;
}

/** Inserts a rule, unless another has its name or its order. */
export async function insertRule(
  db: Db,
  rule: Rule,
  now: Date,
): Promise<{ kind: 'inserted' } | Conflict> {
  return orConflict(async () => {
    const { id, name, script, order, enabled } = rule;
    await on(db)
      .insertInto('rules')
      .values({ id, name, script, position: order, enabled, created_at: now })
      .execute();
    return { kind: 'inserted' as const };
  });
}

/** Writes only the properties in `changes`. */
export async function updateRule(
  db: Db,
  id: string,
  changes: Partial<Omit<Rule, 'id'>>,
): Promise<{ kind: 'updated'; rule: Rule } | { kind: 'missing' } | Conflict> {
  const { name, script, order, enabled } = changes;
  if ([name, script, order, enabled].every((value) => value === undefined)) {
    const rule = await findRule(db, id);
    return rule ? { kind: 'updated', rule } : { kind: 'missing' };
  }
  return orConflict(async () => {
    const row = await on(db)
      .updateTable('rules')
      .set({ name, script, position: order, enabled })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    return row ? { kind: 'updated' as const, rule: toRule(row) } : { kind: 'missing' as const };
  });
}

/** Deletes a rule. Returns false if it does not exist. */
export async function deleteRule(db: Db, id: string): Promise<boolean> {
  const result = await on(db).deleteFrom('rules').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

async function orConflict<T>(work: () => Promise<T>): Promise<T | Conflict> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    const constraint =
      error instanceof Error && 'constraint' in error ? String(error.constraint) : '';
    return { kind: constraint === 'rules_name_key' ? 'duplicate_name' : 'duplicate_order' };
  }
}

function toRule(row: RulesTable): Rule {
  const { id, name, script, position, enabled } = row;
  return { id, name, script, order: position, enabled };
}
