import type { Json } from '../../outbound/scripts/scripts.ts';
import {
  type AboutRun,
  type ActionsDeps,
  API_DATA,
  BUDGET_MS,
  type Command,
  problemOf,
} from './pipeline.ts';
import type { Programs } from './programs.ts';

type JsonObject = { [key: string]: Json };

export type RulesInput = {
  /** The arguments of the first rule. */
  user: JsonObject;
  context: JsonObject;
  about: AboutRun;
};

export type RulesOutcome =
  | { kind: 'none' }
  /** The context as the last rule has left it, and the metadata that rules have set. */
  | { kind: 'ended'; context: JsonObject; commands: Command[] }
  /** A rule has called back with an `UnauthorizedError`. */
  | { kind: 'unauthorized'; reason: string }
  | { kind: 'failed'; problem: string };

/** Runs the rules of a login in their order, with one limit of time for all. Each gets what the one before has called back with. */
export async function runRules(
  { scripts, audit }: ActionsDeps,
  { rules, configuration }: Programs,
  input: RulesInput,
): Promise<RulesOutcome> {
  if (rules.length === 0) return { kind: 'none' };
  const endsAt = performance.now() + BUDGET_MS;
  const commands: Command[] = [];
  let { user, context } = input;
  for (const rule of rules) {
    const run = await scripts.run({
      owner: `rule ${rule.id}`,
      source: asModule(rule.script),
      shape: 'action',
      handler: 'run',
      api: 'action-api',
      args: [user, context],
      globals: { configuration, [API_DATA]: { trigger: 'rule' } },
      timeoutMs: Math.max(1, endsAt - performance.now()),
    });
    if (run.kind === 'failed' && run.error.name === 'UnauthorizedError') {
      return { kind: 'unauthorized', reason: run.error.message };
    }
    const problem = problemOf(run);
    if (run.kind !== 'returned' || problem !== null) {
      const said = `${rule.name}: ${problem}`;
      audit.record({
        ...input.about,
        type: 'actions_execution_failed',
        description: 'A rule has failed.',
        details: { trigger: 'post-login', error: said.slice(0, 1000) },
      });
      return { kind: 'failed', problem: said };
    }
    commands.push(...run.commands.filter(({ name }) => name.startsWith('user.')));
    const [given] = run.values;
    const [nextUser, nextContext] = Array.isArray(given) ? given : [];
    user = isObject(nextUser) ? nextUser : user;
    context = isObject(nextContext) ? nextContext : context;
  }
  return { kind: 'ended', context, commands };
}

/**
 * Returns a rule as a module. A rule is one function expression; it gets the helper `auth0.users`, which changes the metadata of the user who
 * logs in. The script stays on its lines.
 */
function asModule(script: string): string {
  return `const rule = (${script}
);
exports.run = (user, context, api) => new Promise((resolve, reject) => {
  const set = (setter) => async (id, metadata) => {
    if (id !== user.user_id) throw new Error('A rule can change only the user who logs in.');
    for (const [key, value] of Object.entries(metadata || {})) setter(key, value);
    return user;
  };
  globalThis.auth0 = { users: { updateAppMetadata: set(api.user.setAppMetadata), updateUserMetadata: set(api.user.setUserMetadata) } };
  const done = (error, nextUser, nextContext) => (error ? reject(error) : resolve([nextUser, nextContext]));
  Promise.resolve(rule(user, context, done)).catch(reject);
});
`;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
