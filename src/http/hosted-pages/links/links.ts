export { registerNewLink } from './dead-link-pages.ts';
export { registerForgotPages } from './forgot-pages.ts';
export { registerInvitationPages } from './invitation-pages.ts';
export { registerOrganizationInvitationPages } from './organization-invitation-pages.ts';
export { registerResetPages } from './reset-pages.ts';
export { registerVerificationPages } from './verification-pages.ts';
