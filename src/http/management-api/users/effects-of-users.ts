import type { Effects } from '../route/route.ts';

/** Fields of PATCH /users/{id} that have no effect. */
export const USER_EFFECTS: Effects = {
  verify_phone_number: {
    only: [false],
    because: 'Usher sends no text message to verify a phone number; set phone_verified instead',
  },
};
