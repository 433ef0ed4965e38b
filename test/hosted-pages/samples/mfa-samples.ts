import type { MfaValues } from '../../../src/http/hosted-pages/page-values/mfa-values.ts';
import type { SamplesOf } from './samples-of.ts';

const form = { csrf: 'csrf-1', action: '/here' };
const PROBLEM = 'The code is wrong.';
const links = [{ url: '/another', text: 'Use another method' }];

export const mfaSamples: SamplesOf<MfaValues> = {
  'mfa-code': [
    {
      ...form,
      title: 'Set up your app',
      lead: 'Scan the code.',
      label: 'Code',
      letters: false,
      resend: null,
      remember: false,
      qr: {
        image: 'data:image/png;base64,AA==',
        secret: 'ABCD EFGH',
        uri: 'otpauth://totp/Tulip?secret=ABCDEFGH',
      },
      links: [],
    },
    {
      ...form,
      title: 'Enter the code',
      lead: 'We have sent it to ••• 4567.',
      label: 'Recovery code',
      letters: true,
      resend: 'Send another code',
      remember: true,
      qr: null,
      links,
      problem: PROBLEM,
    },
  ],
  'mfa-address': [
    { ...form, title: 'Phone', lead: '?', kind: 'phone', label: 'Number', value: '', links },
    {
      ...form,
      title: 'Email',
      lead: '?',
      kind: 'email',
      label: 'Email address',
      value: 'jo',
      links: [],
      problem: PROBLEM,
    },
  ],
  'mfa-key': [
    {
      title: 'Use your security key',
      lead: 'Have your security key ready.',
      ask: 'get',
      submit: 'Continue',
      remember: true,
      links: [{ url: '/there', text: 'Use another method' }],
      csrf: 'csrf-1',
      action: '/here',
      problem: 'That did not work.',
    },
  ],
  'mfa-choices': [
    {
      ...form,
      title: 'Choose a method',
      lead: '?',
      name: 'method',
      choices: [
        { value: 'sms', text: 'Text message', note: '••• 4567' },
        { value: 'otp', text: 'Authenticator app', note: null },
      ],
      problem: PROBLEM,
    },
  ],
  'mfa-recovery-code': [
    { ...form, title: 'Your recovery code', lead: '?', code: 'ABCD EFGH', byLink: false },
    { ...form, title: 'Your recovery code', lead: '?', code: 'ABCD EFGH', byLink: true },
    { ...form, title: 'Your recovery code', lead: '?', code: null, byLink: false },
  ],
};
