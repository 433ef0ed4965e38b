import type { Effects } from '../route/route.ts';

const NO_ORGANIZATION_API = 'Usher has no My Organization API';
const NO_QUOTAS = 'Usher has no token quotas';

/** Fields of organizations that have no effect. */
export const ORGANIZATION_EFFECTS: Effects = {
  token_quota: { only: [], off: {}, because: NO_QUOTAS },
};

/** Fields of an organization's connections that have no effect, at the newer path of these routes. */
export const ORGANIZATION_CONNECTION_EFFECTS: Effects = {
  organization_connection_name: { only: [], because: NO_ORGANIZATION_API },
  organization_access_level: { only: ['none'], because: NO_ORGANIZATION_API },
  is_enabled: {
    only: [true],
    because: 'a disabled connection is one that is not in the organization',
  },
};
