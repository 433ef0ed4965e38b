import type { Effects } from '../route/route.ts';

/** Fields of client grants that have no effect. */
export const GRANT_EFFECTS: Effects = {
  authorization_details_types: {
    only: [[]],
    because: 'Usher has no rich authorization requests',
  },
};
export const NEW_GRANT_EFFECTS: Effects = {
  ...GRANT_EFFECTS,
  default_for: { only: [], because: 'each application has grants of its own' },
};
