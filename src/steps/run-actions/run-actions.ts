import { createActionCache } from './action-cache.ts';
import { type ActionsDeps, type PipelineInput, type PipelineOutcome, runPipeline } from './pipeline.ts';
import { createProgramMemory, type Programs } from './programs.ts';
import { type HookOutcome, runHook } from './run-hook.ts';
import { type RulesInput, type RulesOutcome, runRules } from './run-rules.ts';

export {
  asJson,
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
export { isOwnClaim } from './own-claims.ts';
export type { Command, PipelineOutcome } from './pipeline.ts';
export type { Programs } from './programs.ts';
export type { HookOutcome } from './run-hook.ts';
export type { RulesOutcome } from './run-rules.ts';

/** Runs the programs that operators have deployed for a trigger. It decides nothing: who calls carries out what they ask for. */
export type Actions = {
  /** Returns what runs at a trigger. It costs no query if it was asked for within the last second. */
  programsOf(trigger: PipelineInput['trigger']): Promise<Programs>;
  /** Runs the actions of a trigger, in their order, with one limit of time for all. */
  run(input: PipelineInput): Promise<PipelineOutcome>;
  /** Runs the rules of a login, in their order. */
  runRules(input: RulesInput): Promise<RulesOutcome>;
  /** Runs the hook of a trigger. */
  runHook(input: Parameters<typeof runHook>[1]): Promise<HookOutcome>;
  /** Forgets what was deployed, after a change. */
  forget(): void;
};

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
