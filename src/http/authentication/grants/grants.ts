export { registerCustomGrants } from './custom-grants.ts';
export { grantTypeClaim } from './issue-tokens.ts';
export {
  runScriptsOfRefresh,
  type ScriptedGrantDeps,
} from './scripted-grants.ts';
export { type TokenErrorAnswer, tokenError, tokenErrorOf } from './token-error.ts';
