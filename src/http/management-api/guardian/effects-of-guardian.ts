import type { Effect, Effects } from '../route/route.ts';

const NO_PUSH = 'nothing is pushed to devices';

/** Factors that can be switched on are not in here. */
export const FACTOR_EFFECTS: Record<string, Effect> = {
  'push-notification': { only: [false], because: NO_PUSH },
  duo: { only: [false], because: 'Duo is not asked' },
  'webauthn-roaming': { only: [false], because: 'there are no security keys' },
  'webauthn-platform': { only: [false], because: 'there are no passkeys' },
};

/** Of the providers of such factors, whatever their fields are called. */
export const FACTOR_PROVIDER_EFFECT: Effect = {
  only: [false, ''],
  because: 'the factor can not be switched on',
};
export const PUSH_EFFECTS: Effects = { provider: { only: ['guardian'], because: NO_PUSH } };

/** Of POST /guardian/enrollments/ticket. */
export const ENROLLMENT_EFFECTS: Effects = {
  factor: { only: ['phone', 'email', 'otp'], because: 'other factors can not be enrolled' },
};
