import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { transaction } from '../../src/platform/db/db.ts';
import {
  deployProgram,
  insertAction,
  replaceBindings,
  sealActionSecrets,
  type Trigger,
} from '../../src/records/actions/actions.ts';
import { type HookTrigger, insertHook } from '../../src/records/hooks/hooks.ts';
import { insertRule, putRulesConfig } from '../../src/records/rules/rules.ts';
import type { World } from '../harness/world.ts';

export type Scripted = {
  name?: string;
  code: string;
  secrets?: Record<string, string>;
};

/** Functions that deploy scripts, each as the only ones of their kind. */
export function scriptsOf({ server, db, keys }: Pick<World, 'server' | 'db' | 'keys'>) {
  const { actions } = server.app.deps;

  /** Deploys actions and binds them to a trigger in this order. */
  async function deploy(trigger: Trigger, ...scripts: Scripted[]): Promise<void> {
    const now = new Date();
    const bound: { actionId: string; displayName: string }[] = [];
    for (const { name = `action ${randomUUID()}`, code, secrets = {} } of scripts) {
      const sealed = sealActionSecrets(keys.encryption, {
        secrets: Object.entries(secrets).map(([secret, value]) => ({ name: secret, value })),
        former: [],
        now,
      });
      if (sealed.kind !== 'sealed') throw new Error('A secret has no value.');
      const program = { code, dependencies: [], runtime: 'node22', secrets: sealed.secrets };
      const id = randomUUID();
      const action = { id, name, trigger, triggerVersion: 'v3', createdAt: now, updatedAt: now };
      await insertAction(db, { ...program, ...action });
      await transaction(db, (tx) => deployProgram(tx, { actionId: id, program, now }));
      bound.push({ actionId: id, displayName: name });
    }
    await transaction(db, (tx) => replaceBindings(tx, { trigger, actions: bound, now }));
    actions.forget();
  }

  /** Replaces all rules. */
  async function rule(...scripts: string[]): Promise<void> {
    await sql`delete from rules`.execute(db);
    for (const [index, script] of scripts.entries()) {
      const order = index + 1;
      await insertRule(
        db,
        { id: `rul_${randomUUID()}`, name: `rule-${randomUUID()}`, script, order, enabled: true },
        new Date(),
      );
    }
    actions.forget();
  }

  /** Makes a hook the only one of its trigger. */
  async function hook(trigger: HookTrigger, script: string | null): Promise<void> {
    await sql`delete from hooks where trigger = ${trigger}`.execute(db);
    if (script !== null) {
      const [id, name] = [randomUUID(), randomUUID()];
      const made = { id, name, trigger, script, dependencies: {}, enabled: true };
      await insertHook(db, made, new Date());
    }
    actions.forget();
  }

  return {
    deploy,
    hook,
    rule,
    configure: (key: string, value: string) =>
      putRulesConfig(db, { key, value, encryption: keys.encryption, now: new Date() }),
    /** Wraps statements of a login's action. */
    atLogin: (body: string): Scripted => ({
      code: `exports.onExecutePostLogin = async (event, api) => { ${body} };`,
    }),
  };
}
