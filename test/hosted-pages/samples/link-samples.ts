import type { LinkValues } from '../../../src/http/hosted-pages/page-values/link-values.ts';
import type { Variants } from '../../../src/http/hosted-pages/page-values/page-values.ts';
import { sampleRules, sampleWays } from './login-samples.ts';
import type { SamplesOf } from './samples-of.ts';

const form = { csrf: 'csrf-1', action: '/here' };
const PROBLEM = 'Choose another password.';
const EMAIL = 'jo@example.com';
const until = { until: '11 May 2026', untilIso: '2026-05-11T10:00:00.000Z' };

const variants: Variants = {
  chosen: 'reset',
  app: null,
  texts: { reset: 'Choose a new password', invite: 'Choose a password' },
};

const reset = {
  ...form,
  title: 'Choose a new password',
  headline: 'Choose a new password',
  headlines: variants,
  lead: 'For your account.',
  leads: variants,
  submit: 'Save',
  submits: variants,
  email: EMAIL,
  rules: sampleRules,
};

const invitation = {
  ...form,
  ...until,
  title: 'You are invited',
  lead: 'Mira Okafor invites you.',
  inviter: 'Mira Okafor',
  email: EMAIL,
  isLogin: false,
  hasForm: true,
  accountUrl: '/account',
  declineUrl: '/decline',
  goOnUrl: null,
  underWay: null,
  changed: null,
  canForget: false,
  rules: sampleRules,
  fields: [
    {
      name: 'field-given_name',
      label: 'First name',
      hint: 'As on your badge.',
      type: 'text' as const,
      inputMode: null,
      autocomplete: 'given-name',
      isFlag: false,
      options: [],
      isRequired: true,
      value: '',
      problem: 'Fill in this field.',
      describedBy: 'field-given_name-problem field-given_name-hint',
    },
    {
      name: 'field-department',
      label: 'Department',
      hint: 'As on your badge.',
      type: 'text' as const,
      inputMode: null,
      autocomplete: 'given-name',
      isFlag: false,
      options: ['sales', 'support'],
      isRequired: false,
      value: 'sales',
      problem: null,
      describedBy: 'field-department-hint',
    },
  ],
  focusPassword: false,
  ways: null,
};

const organizationInvitation = {
  ...form,
  ...until,
  title: 'Join Acme',
  lead: 'Mira Okafor invites you.',
  inviter: 'Mira Okafor',
  organizationName: 'Acme',
  email: EMAIL,
  way: 'login',
  submit: 'Join',
  fields: invitation.fields,
  rules: [],
  forgotUrl: '/forgot',
  otherNote: null,
  otherSubmit: null,
  declineUrl: '/decline',
  ways: null,
} as const;

export const linkSamples: SamplesOf<LinkValues> = {
  forgot: [
    { ...form, title: 'Forgot your password?', loginUrl: '/login', email: '' },
    { ...form, title: 'Forgot?', loginUrl: null, email: 'jo', problem: PROBLEM },
  ],
  reset: [reset, { ...reset, email: null, problem: PROBLEM }],
  invitation: [
    invitation,
    {
      ...invitation,
      inviter: null,
      isLogin: true,
      goOnUrl: '/u/invitation-factor',
      underWay: 'Someone has begun to accept this invitation in another window.',
      changed: 'You have had a password since 1 May 2026.',
      canForget: true,
      rules: [],
      focusPassword: true,
      ways: sampleWays,
      problem: PROBLEM,
    },
  ],
  'invitation-provider': [
    {
      ...form,
      title: 'You are invited',
      lead: 'Tell us this first.',
      fields: invitation.fields,
      connection: 'google-oauth2',
      submit: 'Continue with Google',
      backUrl: '/invitation',
    },
  ],
  'invitation-account': [
    {
      ...form,
      title: 'Accept',
      lead: 'Log in.',
      identifier: null,
      identifierLabel: 'Email address',
      fields: invitation.fields,
      backUrl: '/invitation',
    },
    {
      ...form,
      title: 'Accept',
      lead: 'Log in.',
      identifier: 'jo',
      identifierLabel: 'Username',
      fields: [],
      backUrl: '/invitation',
      problem: PROBLEM,
    },
  ],
  'decline-invitation': [
    { ...form, title: 'Decline?', lead: 'The link ends.', email: EMAIL, backUrl: '/invitation' },
    { ...form, title: 'Decline?', lead: 'The link ends.', email: EMAIL, backUrl: null },
  ],
  'organization-invitation': [
    { ...organizationInvitation, rules: [], problem: PROBLEM },
    { ...organizationInvitation, way: 'signup', rules: sampleRules, forgotUrl: null },
    {
      ...organizationInvitation,
      way: 'accept',
      rules: [],
      otherNote: 'You are logged in as mo@example.com.',
      otherSubmit: 'Return to Tulip Shop',
    },
    { ...organizationInvitation, way: 'closed', rules: [], submit: null },
  ],
  verification: [
    { ...form, title: 'Confirm your address', email: EMAIL, askPassword: true, problem: PROBLEM },
    { ...form, title: 'Confirm your address', email: EMAIL, askPassword: false },
  ],
  unblock: [{ ...form, title: 'Lift the block', email: EMAIL }],
  'passwordless-link': [{ ...form, title: 'Log in to Tulip Shop', email: EMAIL }],
  'dead-link': [
    {
      sign: 'clock',
      title: 'This link has expired',
      lead: 'Ask for a new one.',
      kind: 'invitation',
      ticket: 'secret-1',
      clientId: 'client-1',
      csrf: 'csrf-1',
      action: '/new-link',
      onwardUrl: 'https://shop.example.com/',
      onwardText: 'Go to Tulip Shop',
    },
    {
      sign: 'no',
      title: 'This invitation was withdrawn',
      lead: 'Ask the sender.',
      kind: 'invitation',
      ticket: 'secret-1',
      clientId: 'client-1',
      csrf: 'csrf-1',
      action: null,
      onwardUrl: null,
      onwardText: 'Go to the application',
    },
  ],
};
