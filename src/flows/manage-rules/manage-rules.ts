import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { newId } from '../../platform/ids/ids.ts';
import { codeProblem } from '../../platform/script-syntax/script-syntax.ts';
import {
  deleteRule,
  deleteRulesConfig,
  insertRule,
  nextOrder,
  putRulesConfig,
  type Rule,
  updateRule,
} from '../../records/rules/rules.ts';

export type ManageRulesDeps = { db: Db; clock: Clock; keys: Pick<Keys, 'encryption'> };

type NotWritten =
  | { kind: 'duplicate_name' | 'duplicate_order' }
  /** The script is no program. */
  | { kind: 'bad_script'; problem: string };

/** Creates a rule. Without an order it comes after all others. */
export async function createRule(
  { db, clock }: ManageRulesDeps,
  input: { name: string; script: string; enabled: boolean; order?: number | undefined },
): Promise<{ kind: 'created'; rule: Rule } | NotWritten> {
  const problem = codeProblem(input.script, 'function');
  if (problem !== null) return { kind: 'bad_script', problem };
  const order = input.order ?? (await nextOrder(db));
  const rule: Rule = { ...input, order, id: newId('rul') };
  const outcome = await insertRule(db, rule, clock.now());
  return outcome.kind === 'inserted' ? { kind: 'created', rule } : outcome;
}

/** Changes only what `changes` names. */
export async function changeRule(
  { db }: ManageRulesDeps,
  id: string,
  changes: Parameters<typeof updateRule>[2],
): Promise<{ kind: 'updated'; rule: Rule } | { kind: 'missing' } | NotWritten> {
  const { script } = changes;
  const problem = script === undefined ? null : codeProblem(script, 'function');
  return problem === null ? updateRule(db, id, changes) : { kind: 'bad_script', problem };
}

/** Deletes a rule. One that does not exist changes nothing. */
export async function removeRule({ db }: ManageRulesDeps, id: string): Promise<void> {
  await deleteRule(db, id);
}

/** Sets a value that all rules read. */
export async function setRulesConfig(
  { db, clock, keys }: ManageRulesDeps,
  input: { key: string; value: string },
): Promise<void> {
  await putRulesConfig(db, { ...input, encryption: keys.encryption, now: clock.now() });
}

/** Removes a value that rules read. One that does not exist changes nothing. */
export async function removeRulesConfig({ db }: ManageRulesDeps, key: string): Promise<void> {
  await deleteRulesConfig(db, key);
}
