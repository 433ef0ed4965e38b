import type { LoginValues } from '../../../src/http/hosted-pages/page-values/login-values.ts';
import type {
  ProviderLogo,
  RuleView,
  WaysIn,
} from '../../../src/http/hosted-pages/page-values/page-values.ts';
import type { SamplesOf } from './samples-of.ts';

const app = { appName: 'Tulip Shop', csrf: 'csrf-1', action: '/here' };
const PROBLEM = 'The email address or the password is wrong.';

export const sampleRules: RuleView[] = [
  { code: 'lengthAtLeast', text: 'At least 8 characters', value: 8, items: null },
  {
    code: 'containsAtLeast',
    text: 'At least 3 of:',
    value: 3,
    items: [{ code: 'lowerCase', text: 'Lower case', value: null, items: null }],
  },
];

const LOGOS: ProviderLogo[] = [
  'apple',
  'facebook',
  'generic',
  'github',
  'google',
  'linkedin',
  'microsoft',
];

export const sampleWays: WaysIn = {
  besideForm: true,
  action: '/here',
  providers: [
    ...LOGOS.map((logo, i) => ({
      name: logo,
      text: `Continue with ${logo}`,
      logo,
      iconUrl: null,
      isLast: i === 0,
    })),
    {
      name: 'acme',
      text: 'Continue with Acme',
      logo: 'generic',
      iconUrl: 'https://acme.example/icon.png',
      isLast: false,
    },
  ],
  passkey: {
    ask: 'get',
    text: 'Sign in with a passkey',
    action: '/u/passkey',
    isShown: true,
    fillsIn: true,
    cookie: 'usher_passkeys',
  },
  code: { text: 'Send me a code by email', action: '/here' },
  links: [
    { kind: 'auth0', url: '/u/login', text: 'Use a password' },
    { kind: 'email', url: '/u/login-code', text: 'Send me a code by email' },
    { kind: 'sms', url: '/u/login-code', text: 'Send me a code by text message' },
  ],
};

const login = {
  ...app,
  title: 'Log in',
  hasForm: true,
  withPassword: true,
  identifier: null,
  identifierLabel: 'Email address',
  emailOnly: true,
  forgotUrl: '/forgot',
  signUpUrl: '/sign-up',
  webauthn: true,
  usesPasskeys: true,
  ways: sampleWays,
};

const signUp = {
  ...app,
  title: 'Create your account',
  loginUrl: '/login',
  email: null,
  username: '',
  phone: '',
  ask: { email: true, username: true, phone: true },
  needs: { email: true, username: true, phone: true },
  rules: sampleRules,
  focusPassword: false,
  ways: null,
};

export const loginSamples: SamplesOf<LoginValues> = {
  login: [
    login,
    {
      ...login,
      identifier: 'jo@example.com',
      emailOnly: false,
      problem: PROBLEM,
      forgotUrl: null,
      signUpUrl: null,
      webauthn: false,
      ways: null,
    },
  ],
  'sign-up': [
    signUp,
    {
      ...signUp,
      email: 'jo@example.com',
      username: 'jo',
      phone: '+49 170 1234567',
      ask: { email: true, username: false, phone: false },
      needs: { email: false, username: false, phone: false },
      focusPassword: true,
      problem: PROBLEM,
      ways: {
        besideForm: true,
        action: '/here',
        providers: [],
        passkey: {
          ask: 'create',
          text: 'Sign up with a passkey',
          action: null,
          isShown: false,
          fillsIn: false,
          cookie: null,
        },
        code: null,
        links: [],
      },
    },
  ],
  'passkey-enrollment': [
    {
      ...app,
      title: 'Log in faster next time',
      lead: 'A passkey replaces your password.',
      problem: PROBLEM,
    },
  ],
  'login-code-address': [
    { ...app, title: 'Log in', kind: 'email', label: 'Email address', typed: null, ways: null },
    {
      ...app,
      title: 'Log in',
      kind: 'sms',
      label: 'Phone number',
      typed: '1',
      ways: { ...sampleWays, besideForm: false, providers: [] },
      problem: PROBLEM,
    },
  ],
  'login-code': [
    {
      ...app,
      title: 'Enter the code',
      lead: 'We have sent a code to jo@example.com.',
      address: 'jo@example.com',
      fields: [],
      change: 'Another address',
      changeUrl: '/here',
      problem: PROBLEM,
    },
    {
      ...app,
      title: 'Enter the code',
      lead: 'We have sent a code to jo@example.com.',
      address: 'jo@example.com',
      fields: [
        {
          name: 'field-given_name',
          label: 'First name',
          hint: 'As on your badge.',
          type: 'text',
          inputMode: null,
          autocomplete: 'given-name',
          isFlag: false,
          options: [],
          isRequired: true,
          value: '',
          problem: 'Fill in this field.',
          describedBy: 'field-given_name-problem field-given_name-hint',
        },
      ],
      change: 'Back to the invitation',
      changeUrl: '/invitation',
    },
  ],
  organization: [
    {
      ...app,
      title: 'Choose an organization',
      lead: 'Which one?',
      choices: [
        { value: 'acme', text: 'Acme', note: 'acme' },
        { value: '-', text: 'Personal', note: null },
      ],
      withName: true,
      isNowhere: false,
      typed: 'acne',
      problem: PROBLEM,
    },
    {
      ...app,
      title: 'No organization',
      lead: 'You are not a member.',
      choices: [],
      withName: false,
      isNowhere: true,
      typed: null,
    },
  ],
  'link-account': [
    {
      ...app,
      title: 'Is this your account?',
      lead: 'There is an account with this address.',
      email: 'jo@example.com',
      password: true,
      code: 'offered',
      codeLead: 'We have sent a code.',
      separate: 'Create another account with Google',
    },
    {
      ...app,
      title: 'Is this your account?',
      lead: 'There is an account with this address.',
      email: 'jo@example.com',
      password: false,
      code: 'sent',
      codeLead: 'We have sent a code to jo@example.com.',
      separate: null,
      problem: PROBLEM,
    },
  ],
  device: [
    {
      title: 'Connect a device',
      lead: 'Enter the code.',
      action: '/here',
      xsrf: 'xsrf-1',
      confirming: false,
      userCode: null,
      problem: 'The code is wrong.',
    },
    {
      title: 'Is this your device?',
      lead: 'Compare the code.',
      action: '/here',
      xsrf: 'xsrf-1',
      confirming: true,
      userCode: 'ABCD-EFGH',
      problem: null,
    },
  ],
};
