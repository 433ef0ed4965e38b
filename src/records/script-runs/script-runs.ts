export { deleteOldScriptRuns, listScriptRuns, type ScriptRun } from './run-rows.ts';
export { createScriptLog, type ScriptLog } from './script-log.ts';
