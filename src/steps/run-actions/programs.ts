import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type DeployedAction,
  deployedActions,
  type Trigger,
} from '../../records/actions/actions.ts';
import {
  type EnabledHook,
  enabledHooks,
  HOOK_TRIGGERS,
  type HookTrigger,
} from '../../records/hooks/hooks.ts';
import { enabledRules, type Rule, rulesConfiguration } from '../../records/rules/rules.ts';

/** Time until a change on another node applies. A change on this node applies at once, by `forget`. */
const TTL_MS = 1000;

/** What runs at a trigger. */
export type Programs = {
  /** In the order of their bindings. */
  actions: DeployedAction[];
  /** At a login, in their order. */
  rules: Rule[];
  /** What rules read as `configuration`. */
  configuration: Record<string, string>;
  hook: EnabledHook | null;
};

export type ProgramMemory = { programsOf(trigger: Trigger): Promise<Programs>; forget(): void };

/** Remembers what runs at each trigger, so that a login without actions costs no query. Simultaneous callers share one read. */
export function createProgramMemory({ db, keys }: { db: Db; keys: Keys }): ProgramMemory {
  const known = new Map<Trigger, { programs: Promise<Programs>; until: number }>();
  return {
    programsOf(trigger) {
      const entry = known.get(trigger);
      if (entry && entry.until > performance.now()) return entry.programs;
      const programs = readPrograms(db, keys.encryption, trigger);
      known.set(trigger, { programs, until: performance.now() + TTL_MS });
      programs.catch(() => {
        if (known.get(trigger)?.programs === programs) known.delete(trigger);
      });
      return programs;
    },
    forget: () => known.clear(),
  };
}

async function readPrograms(db: Db, key: Buffer, trigger: Trigger): Promise<Programs> {
  const isLogin = trigger === 'post-login';
  const [actions, rules, hooks] = await Promise.all([
    deployedActions(db, { trigger, key }),
    isLogin ? enabledRules(db) : [],
    isHookTrigger(trigger) ? enabledHooks(db, { trigger, key }) : [],
  ]);
  const configuration = rules.length > 0 ? await rulesConfiguration(db, key) : {};
  return { actions, rules, configuration, hook: hooks[0] ?? null };
}

function isHookTrigger(trigger: Trigger): trigger is HookTrigger & Trigger {
  return (HOOK_TRIGGERS as readonly string[]).includes(trigger);
}
