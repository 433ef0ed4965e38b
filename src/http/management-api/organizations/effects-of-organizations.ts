import type { Effect, Effects } from '../route/route.ts';

const NO_ORGANIZATION_API = 'Usher has no My Organization API';
const NO_QUOTAS = 'Usher has no token quotas';

/** Fields of organizations that have no effect. */
export const ORGANIZATION_EFFECTS: Effects = {
  token_quota: { only: [], off: {}, because: NO_QUOTAS },
};
const AS_BUTTON: Effect = {
  only: [true],
  because: 'the login page has no button for a connection',
};
export const NEW_ORGANIZATION_EFFECTS: Effects = {
  ...ORGANIZATION_EFFECTS,
  'enabled_connections.*.show_as_button': AS_BUTTON,
};

/** Fields of an organization's connections that have no effect. */
export const ENABLED_CONNECTION_EFFECTS: Effects = { show_as_button: AS_BUTTON };

/** The same for the newer path of these routes. */
export const ORGANIZATION_CONNECTION_EFFECTS: Effects = {
  ...ENABLED_CONNECTION_EFFECTS,
  organization_connection_name: { only: [], because: NO_ORGANIZATION_API },
  organization_access_level: { only: ['none'], because: NO_ORGANIZATION_API },
  is_enabled: {
    only: [true],
    because: 'a disabled connection is one that is not in the organization',
  },
};
