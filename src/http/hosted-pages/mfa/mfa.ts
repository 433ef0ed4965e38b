export { registerMfaChallengePages } from './mfa-challenge-pages.ts';
export { registerMfaEnrollPages } from './mfa-enroll-pages.ts';
export { registerMfaKeyPages } from './mfa-key-pages.ts';
export { registerMfaSessionPage } from './mfa-session-page.ts';
export {
  hinted,
  problemText,
  qrOf,
  showAddressForm,
  showChoices,
  showCodeForm,
  showRecoveryCode,
} from './mfa-views.ts';
