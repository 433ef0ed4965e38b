import type { Effects } from '../route/route.ts';

/** Of POST /users/{id}/authentication-methods. */
export const METHOD_EFFECTS: Effects = {
  type: {
    only: ['phone', 'email', 'totp'],
    because: 'there are no passkeys and no security keys',
  },
};
