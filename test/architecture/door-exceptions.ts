import type { Exception } from './door-writes.ts';

/** Changes that handlers make themselves for a permanent reason. */
export const LASTING: Exception[] = [
  {
    door: 'src/http/authentication/library/adapter.ts',
    functions: ['savePayload', 'consumePayload', 'deletePayload', 'deleteByGrant', 'deleteFamily'],
    why: 'The OpenID Connect library demands a storage, and says itself what is stored when.',
  },
];

/** Changes that handlers still make themselves. This list only shrinks: a new line means a missing flow. */
export const NOT_YET: Exception[] = Object.entries({
  'src/http/authentication/authentication.ts': ['ensureSigningKeys'],
  'src/http/authentication/grants/issue-tokens.ts': ['grantWhatWasPromised'],
  'src/http/authentication/grants/mfa-grants.ts': ['useMfaToken'],
  'src/http/authentication/library/adapter.ts': ['countTrace'],
  'src/http/authentication/library/client-assertions.ts': ['countAttempt'],
  'src/http/authentication/library/library-routes.ts': ['countTrace'],
  'src/http/authentication/library/promised-invitations.ts': ['grantWhatWasPromised'],
  'src/http/authentication/library/refresh-rules.ts': ['notePayloadUse'],
  'src/http/authentication/mfa/mfa-api.ts': ['deleteMethod'],
  'src/http/hosted-pages/finish-login/mfa-gate.ts': ['beginPendingLogin', 'notePendingChallenge'],
  'src/http/hosted-pages/finish-login/mfa-session.ts': ['notePendingChallenge'],
  'src/http/hosted-pages/login/organization-pages.ts': ['countAttempt'],
  'src/http/hosted-pages/mfa/mfa-challenge-pages.ts': ['provePendingLogin'],
  'src/http/hosted-pages/mfa/mfa-enroll-session.ts': [
    'deleteMethod',
    'provePendingLogin',
    'setRecoveryCode',
  ],
  'src/http/hosted-pages/mfa/mfa-finish.ts': ['finishPendingLogin'],
}).map(([door, functions]) => ({ door, functions, why: 'no flow does it yet' }));
