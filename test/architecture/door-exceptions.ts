import type { Exception } from './door-writes.ts';

/** Changes that handlers make themselves, each for a permanent reason. A change without one needs a flow. */
export const DOOR_EXCEPTIONS: Exception[] = [
  {
    door: 'src/http/authentication/library/adapter.ts',
    functions: ['savePayload', 'consumePayload', 'deletePayload', 'deleteByGrant', 'deleteFamily'],
    why: 'The OpenID Connect library demands a storage, and says itself what is stored when.',
  },
];
