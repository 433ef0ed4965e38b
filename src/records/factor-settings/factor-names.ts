/** Factor names in the order of the API. */
export const FACTOR_NAMES = [
  'sms',
  'push-notification',
  'otp',
  'email',
  'duo',
  'webauthn-roaming',
  'webauthn-platform',
  'recovery-code',
] as const;
export type FactorName = (typeof FACTOR_NAMES)[number];

/** Factors that a user can enroll, in the order of the pages. */
export const ENROLLABLE_FACTORS = [
  'otp',
  'webauthn-roaming',
  'webauthn-platform',
  'sms',
  'email',
] as const satisfies readonly FactorName[];
export type EnrollableFactor = (typeof ENROLLABLE_FACTORS)[number];

/** Factors that an invitation can require. `any`: each one that users can enroll. `webauthn`: a passkey or a security key. */
export type RequiredFactor = 'any' | 'otp' | 'sms' | 'email' | 'webauthn';
