import { createActionCache } from './action-cache.ts';
import type { Actions } from './actions-type.ts';
import { type ActionsDeps, runPipeline } from './pipeline.ts';
import { createProgramMemory } from './programs.ts';
import { runHook } from './run-hook.ts';
import { runRules } from './run-rules.ts';

export type { Actions } from './actions-type.ts';

export {
  eventClient,
  eventConnection,
  eventIdentities,
  eventOrganization,
  eventRequest,
  eventTenant,
  eventUser,
  type JsonObject,
  type Profile,
  type SentRequest,
  withoutNulls,
} from './event-parts.ts';
export { type JudgedRegistration, judgeRegistration } from './judge-registration.ts';
export { type JudgedReset, judgeReset } from './judge-reset.ts';
export { isOwnClaim } from './own-claims.ts';
export type { Command, PipelineOutcome } from './pipeline.ts';
export type { Programs } from './programs.ts';
export type { HookOutcome } from './run-hook.ts';
export type { RulesOutcome } from './run-rules.ts';

/** Creates what runs actions, rules and hooks. */
export function createActions(deps: Omit<ActionsDeps, 'cache'>): Actions {
  const memory = createProgramMemory(deps);
  const all = { ...deps, cache: createActionCache() };
  return {
    programsOf: memory.programsOf,
    run: async (input) => runPipeline(all, (await memory.programsOf(input.trigger)).actions, input),
    runRules: async (input) => runRules(all, await memory.programsOf('post-login'), input),
    runHook: (input) => runHook(all, input),
    forget: memory.forget,
  };
}
