export { hasModule, moduleNames } from './modules/modules.ts';
export { createScriptRunner, type ScriptRunnerOptions } from './script-runner.ts';
export type { Json, ScriptCall, ScriptLine, ScriptOutcome, ScriptRunner } from './script-types.ts';
