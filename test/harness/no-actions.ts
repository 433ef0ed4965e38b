import type { Actions } from '../../src/steps/run-actions/run-actions.ts';

/** For a server without actions, rules and hooks. */
export const NO_ACTIONS: Actions = {
  programsOf: async () => ({ actions: [], rules: [], configuration: {}, hook: null }),
  run: async () => ({ kind: 'none' }),
  runRules: async () => ({ kind: 'none' }),
  runHook: async () => ({ kind: 'ended', value: null }),
  forget() {},
};
