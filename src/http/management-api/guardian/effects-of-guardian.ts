import type { Effect, Effects } from '../route/route.ts';

const NO_PUSH = 'Usher sends no push notifications';

/** Factors that have no effect. Factors that can be enabled are not in this table. */
export const FACTOR_EFFECTS: Record<string, Effect> = {
  'push-notification': { only: [false], because: NO_PUSH },
  duo: { only: [false], because: 'Usher does not use Duo' },
};

/** Security keys and passkeys, at an address that has no domain for them. */
export const NO_KEYS: Effect = {
  only: [false],
  because: 'browsers use security keys only at a host name, with TLS or at localhost (PUBLIC_URL)',
};

/** Provider settings of factors that cannot be enabled, whatever the names of their fields. */
export const FACTOR_PROVIDER_EFFECT: Effect = {
  only: [false, ''],
  because: 'the factor cannot be enabled',
};
export const PUSH_EFFECTS: Effects = { provider: { only: ['guardian'], because: NO_PUSH } };

/** Fields of POST /guardian/enrollments/ticket that have no effect. */
export const ENROLLMENT_EFFECTS: Effects = {
  factor: {
    only: ['phone', 'email', 'otp', 'webauthn-roaming', 'webauthn-platform'],
    because: NO_PUSH,
  },
};
