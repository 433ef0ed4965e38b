/** The path of all pages of a login, and the `Path` of their cookies. */
export const PAGES_PATH = '/u';

/** The path of each page below the public URL. Routes and links both use it, so that a link always leads to a page. */
export const PAGE_PATHS = {
  login: '/u/login',
  providerLogin: '/u/login/connection',
  providerStart: '/u/login/connection/start',
  linkAccount: '/u/link-account',
  loginCode: '/u/login-code',
  passkey: '/u/passkey',
  passkeyEnrollment: '/u/passkey-enrollment',
  signUp: '/u/signup',
  resetPasswordRequest: '/u/reset-password/request',
  mailSent: '/u/mail-sent',
  organization: '/u/organization',
  loginTicket: '/u/login-ticket',
  mfa: '/u/mfa',

  invitation: '/u/invitation',
  invitationProvider: '/u/invitation/connection',
  organizationInvitationProvider: '/u/organization-invitation/connection',
  invitationAccount: '/u/invitation-account',
  invitationCode: '/u/invitation-code',
  invitationFactor: '/u/invitation-factor',
  declineInvitation: '/u/decline-invitation',
  organizationInvitation: '/u/organization-invitation',
  resetVerify: '/u/reset-verify',
  emailVerification: '/u/email-verification',
  mfaEnrollment: '/u/mfa-enrollment',
  unblock: '/u/unblock',
  newLink: '/u/new-link',
  /** Auth0's path, so that an application at a provider only changes its host. */
  providerCallback: '/login/callback',
  /** The path of Auth0's login links. */
  passwordlessLink: '/passwordless/verify_redirect',

  done: '/u/done',
  loggedOut: '/u/logged-out',

  assets: '/u/assets',
  pictures: '/u/pictures',
  theme: '/u/theme.css',
} as const;

/** The pages that ask for a second factor or enroll one, by the last part of their paths. */
export type MfaPage =
  | 'mfa-otp-challenge'
  | 'mfa-sms-challenge'
  | 'mfa-email-challenge'
  | 'mfa-webauthn-roaming-challenge'
  | 'mfa-webauthn-platform-challenge'
  | 'mfa-recovery-code-challenge'
  | 'mfa-login-options'
  | 'mfa-begin-enroll-options'
  | 'mfa-otp-enrollment'
  | 'mfa-sms-enrollment'
  | 'mfa-email-enrollment'
  | 'mfa-webauthn-roaming-enrollment'
  | 'mfa-webauthn-platform-enrollment'
  | 'mfa-recovery-code-enrollment';

/** Returns the path of a page about second factors. */
export function mfaPath(page: MfaPage): string {
  return `${PAGES_PATH}/${page}`;
}
