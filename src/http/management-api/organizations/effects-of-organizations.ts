import type { Effect, Effects } from '../route/route.ts';

const NO_ORGANIZATION_API = 'there is no My Organization API';
const NO_QUOTAS = 'tokens are not counted';

/** Of organizations. */
export const ORGANIZATION_EFFECTS: Effects = {
  token_quota: { only: [], off: {}, because: NO_QUOTAS },
};
const AS_BUTTON: Effect = {
  only: [true],
  because: 'connections here have no button to be hidden',
};
export const NEW_ORGANIZATION_EFFECTS: Effects = {
  ...ORGANIZATION_EFFECTS,
  'enabled_connections.*.show_as_button': AS_BUTTON,
};

/** Of the connections of an organization. */
export const ENABLED_CONNECTION_EFFECTS: Effects = { show_as_button: AS_BUTTON };

/** The same by their newer name. */
export const ORGANIZATION_CONNECTION_EFFECTS: Effects = {
  ...ENABLED_CONNECTION_EFFECTS,
  organization_connection_name: { only: [], because: NO_ORGANIZATION_API },
  organization_access_level: { only: ['none'], because: NO_ORGANIZATION_API },
  is_enabled: {
    only: [true],
    because: 'a connection is disabled by deleting it from the organization',
  },
};
