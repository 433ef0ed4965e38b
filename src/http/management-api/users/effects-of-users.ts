import type { Effects } from '../route/route.ts';

/** Of PATCH /users/{id}. */
export const USER_EFFECTS: Effects = {
  verify_phone_number: {
    only: [false],
    because: 'no text confirms the phone number of an account; phone_verified says that it is',
  },
};
