import type { Effects } from '../route/route.ts';

const DESCRIBED = 'GET /api/v2/actions/triggers describes triggers';

/** Fields of actions that have no effect. */
export const ACTION_EFFECTS: Effects = {
  modules: { only: [[]], because: 'Usher has no modules of actions' },
  'dependencies.*.registry_url': {
    only: [],
    because: 'programs can only require packages that come with Usher',
  },
  ...Object.fromEntries(
    ['status', 'runtimes', 'default_runtime', 'compatible_triggers'].map((name) => [
      `supported_triggers.*.${name}`,
      { only: [], because: DESCRIBED },
    ]),
  ),
  'supported_triggers.*.binding_policy': {
    only: ['trigger-bound'],
    because: 'actions are bound to triggers',
  },
};

export const BINDING_EFFECTS: Effects = {
  'bindings.*.secrets': { only: [[]], because: 'secrets belong to actions' },
};
