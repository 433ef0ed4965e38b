import type { ProblemTexts } from './problem-texts.ts';

export const ENGLISH: ProblemTexts = {
  problems: {
    account_blocked: 'This account is blocked. Contact the people who run the application.',
    changed: 'Something has changed in the meantime. Try again.',
    code_expired: 'This code is no longer valid. Request a new one.',
    invalid_fields: 'Check the marked fields.',
    invalid_phone_number: 'Enter your phone number with its country code, such as +1 555 0100.',
    invalid_request: 'The request is not valid.',
    invitation_accepted: 'This invitation is accepted already. You can log in.',
    invitation_declined: 'This invitation was declined.',
    invitation_expired: 'This invitation has expired.',
    invitation_on_hold: 'This invitation can’t be accepted right now.',
    invitation_revoked: 'This invitation was withdrawn.',
    origin_not_allowed: 'This page is not registered for the application.',
    password_refused: 'Choose another password.',
    sms_not_sent: 'The text message could not be sent. Try again later.',
    temporarily_unavailable: 'The service is busy. Try again in a moment.',
    too_many_requests: 'Too many attempts. Try again later.',
    under_way:
      'You have started to accept this invitation in another browser. You can continue here instead.',
    unknown_flow:
      'This page has expired, or you have continued in another browser. Open the link again.',
    unknown_link: 'This link is not valid. Open the link in the newest email.',
    wrong_code: 'This code is wrong. Try again.',
    wrong_password: 'That is not the password of this account. Try again.',
    wrong_step: 'This step is not possible now.',
  },
  fields: {
    missing: 'This field is required.',
    unknown: 'There is no such field.',
    type: 'This value has the wrong form.',
    'too-short': 'This is too short.',
    'too-long': 'This is too long.',
    'too-small': 'This number is too small.',
    'too-large': 'This number is too large.',
    'not-offered': 'Choose one of the offered values.',
    format: 'This value has the wrong form.',
  },
  passwords: {
    weak: 'This password is too weak.',
    common: 'Too many people use this password. Choose another one.',
    known: 'This password appears in data leaks, so attackers try it first. Choose another one.',
    personal: 'The password must not contain your name or email address.',
    'too-long': 'This password is too long.',
    reused: 'You have used this password before. Choose another one.',
  },
};
