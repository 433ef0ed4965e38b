import type { SecurityKey } from '../../../records/authentication-methods/authentication-methods.ts';
import type { TextPath } from './languages.ts';

/** Maps Auth0's names to paths of our texts. */
export type Counterparts = Record<string, TextPath[]>;

const CODE: Counterparts = {
  buttonText: ['common.continue'],
  continueButtonText: ['common.continue'],
  placeholder: ['mfa.code'],
  rememberMeText: ['mfa.remember'],
  pickAuthenticatorText: ['mfa.otherMethod'],
  resendActionText: ['mfa.resend'],
  alertListTitle: ['common.problem'],
  'invalid-code': ['mfa.problem.wrong'],
  'invalid-otp-code-format': ['mfa.problem.wrong'],
  'invalid-expired-code': ['mfa.problem.over'],
  'transaction-not-found': ['mfa.problem.over'],
  'too-many-failures': ['problem.throttled'],
  'authenticator-error': ['mfa.problem.failed'],
  'send-sms-failed': ['mfa.problem.failed'],
  'send-voice-failed': ['mfa.problem.failed'],
  'too-many-sms': ['mfa.problem.unsentMany'],
  'too-many-voice': ['mfa.problem.unsentMany'],
  'too-many-email': ['mfa.problem.unsentMany'],
};

const NUMBER: Counterparts = {
  title: ['mfa.sms.enrollTitle'],
  description: ['mfa.sms.enrollLead'],
  buttonText: ['mfa.sendCode'],
  continueButtonText: ['mfa.sendCode'],
  placeholder: ['mfa.phone'],
  pickAuthenticatorText: ['mfa.otherFactor'],
  alertListTitle: ['common.problem'],
  'invalid-phone': ['mfa.sms.unusable'],
  'invalid-phone-format': ['mfa.sms.unusable'],
  'no-phone': ['mfa.sms.unusable'],
  'send-sms-failed': ['mfa.problem.failed'],
  'send-voice-failed': ['mfa.problem.failed'],
  'too-many-sms': ['mfa.problem.unsentMany'],
  'too-many-voice': ['mfa.problem.unsentMany'],
};

const KEPT_CODE: Counterparts = {
  title: ['mfa.recovery.title'],
  description: ['mfa.recovery.lead'],
  buttonText: ['mfa.recovery.saved'],
};

const CODE_LOGIN: Counterparts = {
  title: ['codeLogin.title'],
  description: ['codeLogin.sent'],
  buttonText: ['common.continue'],
  placeholder: ['mfa.code'],
  resendActionText: ['mfa.resend'],
  alertListTitle: ['common.problem'],
  'invalid-code': ['codeLogin.wrong'],
  'invalid-expired-code': ['codeLogin.wrong'],
  'too-many-failures': ['problem.throttled'],
};

/** Texts of the pages for security keys and for the device itself. */
function keyChallenge(kind: SecurityKey): Counterparts {
  return {
    title: [`mfa.${kind}.title`],
    description: [`mfa.${kind}.ask`],
    continueButtonText: ['common.continue'],
    rememberMeText: ['mfa.remember'],
    pickAuthenticatorText: ['mfa.otherMethod'],
    alertListTitle: ['common.problem'],
    'webauthn-challenge-error': ['mfa.key.failed'],
    'webauthn-platform-challenge-error': ['mfa.key.failed'],
  };
}

function keyEnrollment(kind: SecurityKey): Counterparts {
  return {
    title: [`mfa.${kind}.enrollTitle`],
    description: [`mfa.${kind}.enrollLead`],
    continueButtonText: ['common.continue'],
    pickAuthenticatorText: ['mfa.otherFactor'],
    alertListTitle: ['common.problem'],
    'webauthn-associate-error': ['mfa.key.failed'],
    'webauthn-platform-associate-error': ['mfa.key.failed'],
  };
}

/**
 * Custom texts that only apply on pages of their screen, because several screens share our text. `prompt/screen` → Auth0's names → our
 * paths.
 */
export const OF_ONE_SCREEN: Record<string, Counterparts> = {
  'mfa/mfa-login-options': {
    title: ['mfa.options.title'],
    description: ['mfa.options.lead'],
    authenticatorNamesOTP: ['mfa.method.totp'],
    authenticatorNamesSMS: ['mfa.method.phone'],
    authenticatorNamesPhone: ['mfa.method.phone'],
    authenticatorNamesEmail: ['mfa.method.email'],
    authenticatorNamesRecoveryCode: ['mfa.method.recovery-code'],
    authenticatorNamesWebauthnRoaming: ['mfa.method.webauthn-roaming'],
    authenticatorNamesWebauthnPlatform: ['mfa.method.webauthn-platform'],
  },
  'mfa/mfa-begin-enroll-options': {
    title: ['mfa.enroll.title'],
    description: ['mfa.enroll.lead', 'mfa.enroll.leadLink'],
    authenticatorNamesOTP: ['mfa.otp.name'],
    authenticatorNamesSMS: ['mfa.sms.name'],
    authenticatorNamesPhone: ['mfa.sms.name'],
    authenticatorNamesEmail: ['mfa.email.name'],
    authenticatorNamesWebauthnRoaming: ['mfa.webauthn-roaming.name'],
    authenticatorNamesWebauthnPlatform: ['mfa.webauthn-platform.name'],
  },
  'mfa/mfa-enroll-result': {
    enrolledTitle: ['done.mfa.title'],
    enrolledDescription: ['done.mfa.lead'],
    invalidTicketTitle: ['mfa.dead.unknown.title'],
    invalidTicketDescription: ['mfa.dead.unknown.lead'],
    expiredTicketTitle: ['mfa.dead.expired.title'],
    expiredTicketDescription: ['mfa.dead.expired.lead'],
    alreadyUsedTitle: ['mfa.dead.used.title'],
    alreadyUsedDescription: ['mfa.dead.used.lead'],
    alreadyEnrolledDescription: ['mfa.dead.enrolled.lead'],
    genericError: ['mfa.dead.none.lead'],
  },
  'mfa-otp/mfa-otp-challenge': {
    ...CODE,
    title: ['mfa.otp.title'],
    description: ['mfa.otp.ask'],
  },
  'mfa-otp/mfa-otp-enrollment-qr': {
    ...CODE,
    title: ['mfa.otp.enrollTitle'],
    description: ['mfa.otp.enrollLead'],
    placeholder: ['mfa.otp.label'],
    codeEnrollmentText: ['mfa.otp.cannotScan'],
    pickAuthenticatorText: ['mfa.otherFactor'],
  },
  'mfa-otp/mfa-otp-enrollment-code': { description: ['mfa.otp.typeSecret'] },
  'mfa-sms/mfa-sms-challenge': {
    ...CODE,
    title: ['mfa.sms.title'],
    description: ['mfa.sms.ask'],
    editText: ['mfa.sms.change'],
  },
  'mfa-sms/mfa-sms-enrollment': NUMBER,
  'mfa-phone/mfa-phone-enrollment': NUMBER,
  'mfa-email/mfa-email-challenge': {
    ...CODE,
    title: ['mfa.email.title'],
    description: ['mfa.email.ask'],
    emailDescription: ['mfa.email.ask'],
  },
  'mfa-recovery-code/mfa-recovery-code-challenge': {
    ...CODE,
    title: ['mfa.recovery-code.title'],
    description: ['mfa.recovery-code.ask'],
    placeholder: ['mfa.recovery.title'],
    'invalid-code-format': ['mfa.problem.wrong'],
  },
  'mfa-recovery-code/mfa-recovery-code-enrollment': KEPT_CODE,
  'mfa-recovery-code/mfa-recovery-code-challenge-new-code': KEPT_CODE,
  'mfa-webauthn/mfa-webauthn-roaming-challenge': keyChallenge('webauthn-roaming'),
  'mfa-webauthn/mfa-webauthn-platform-challenge': keyChallenge('webauthn-platform'),
  'mfa-webauthn/mfa-webauthn-roaming-enrollment': keyEnrollment('webauthn-roaming'),
  'mfa-webauthn/mfa-webauthn-platform-enrollment': keyEnrollment('webauthn-platform'),
  'passkeys/passkey-enrollment': {
    title: ['passkeyOffer.title'],
    createButtonText: ['passkey.create'],
    continueButtonText: ['passkeyOffer.later'],
  },
  'passkeys/passkey-enrollment-local': {
    title: ['passkeyOffer.titleLocal'],
    createButtonText: ['passkey.create'],
    continueButtonText: ['passkeyOffer.later'],
  },
  'login-passwordless/login-passwordless-email-code': {
    ...CODE_LOGIN,
    editEmailText: ['mfa.email.change'],
    'invalid-email-format': ['mfa.email.unusable'],
    'send-email-failed': ['codeLogin.failed'],
    'too-many-email': ['problem.throttled'],
  },
  'login-passwordless/login-passwordless-sms-otp': {
    ...CODE_LOGIN,
    editLinkText: ['mfa.sms.change'],
    'invalid-phone-format': ['mfa.sms.unusable'],
    'send-sms-failed': ['codeLogin.failed'],
    'too-many-sms': ['problem.throttled'],
  },
  'organizations/organization-selection': {
    title: ['organization.nameTitle'],
    description: ['organization.nameLead'],
    buttonText: ['common.continue'],
    placeholder: ['organization.label'],
    alertListTitle: ['common.problem'],
    'invalid-organization': ['organization.unknown'],
  },
  'organizations/organization-picker': {
    title: ['organization.chooseTitle'],
    description: ['organization.chooseLead'],
    alertListTitle: ['common.problem'],
    'invalid-organization': ['organization.unknown'],
  },
  'device-flow/device-code-activation': {
    title: ['device.input.title'],
    description: ['device.input.lead'],
    buttonText: ['common.continue'],
    placeholder: ['device.input.code'],
    alertListTitle: ['common.problem'],
    'no-code': ['device.problem.missing'],
    'invalid-code': ['device.problem.unknown'],
    'invalid-expired-code': ['device.problem.expired', 'device.problem.used'],
    'too-many-failures': ['device.problem.many'],
  },
  'device-flow/device-code-confirmation': {
    title: ['device.confirm.title'],
    description: ['device.confirm.lead'],
    confirmText: ['device.confirm.submit'],
    confirmButtonText: ['device.confirm.submit'],
    cancelText: ['device.confirm.abort'],
    cancelButtonText: ['device.confirm.abort'],
  },
  'device-flow/device-code-activation-allowed': {
    title: ['device.done.title'],
    eventTitle: ['device.done.title'],
    description: ['device.done.lead'],
  },
  'device-flow/device-code-activation-denied': {
    title: ['device.aborted.title'],
    eventTitle: ['device.aborted.title'],
    description: ['device.aborted.lead'],
  },
};

/** Auth0's screens that are part of another screen's page here. The other screen takes precedence. */
export const PART_OF: Record<string, string> = {
  'mfa-otp-enrollment-code': 'mfa-otp-enrollment-qr',
  'mfa-phone-enrollment': 'mfa-sms-enrollment',
};

/** Texts that include the address here. Auth0 shows it after the text. */
export const THEN_ADDRESS: ReadonlySet<TextPath> = new Set<TextPath>([
  'mfa.sms.ask',
  'mfa.email.ask',
  'codeLogin.sent',
]);
