import type { Effects } from '../route/route.ts';

/** Of client grants. */
export const GRANT_EFFECTS: Effects = {
  authorization_details_types: {
    only: [[]],
    because: 'there are no rich authorization requests',
  },
};
export const NEW_GRANT_EFFECTS: Effects = {
  ...GRANT_EFFECTS,
  default_for: { only: [], because: 'each client has grants of its own' },
};
