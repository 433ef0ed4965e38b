import type { Effects } from '../route/route.ts';

/** Fields of POST /users/{id}/authentication-methods that have no effect. */
export const METHOD_EFFECTS: Effects = {
  type: {
    only: ['phone', 'email', 'totp'],
    because: 'Usher has no passkeys and no security keys',
  },
};
