import type { Effects } from '../route/route.ts';

/** Fields of POST /users/{id}/authentication-methods that have no effect. */
export const METHOD_EFFECTS: Effects = {
  identity_user_id: { only: [], because: 'a passkey logs in to the user, not to one identity' },
  user_agent: { only: [], because: 'Usher stores no browsers with passkeys' },
};
