/** The moments at which actions run, each with the version of its event and API that this server has. */
export const TRIGGERS = {
  'post-login': 'v3',
  'credentials-exchange': 'v2',
  'pre-user-registration': 'v2',
  'post-user-registration': 'v2',
  'post-change-password': 'v2',
  'send-phone-message': 'v2',
  'password-reset-post-challenge': 'v1',
} as const;

export type Trigger = keyof typeof TRIGGERS;

export function isTrigger(name: string): name is Trigger {
  return Object.hasOwn(TRIGGERS, name);
}

/** The exports of an action that are called: at its trigger, and when the browser comes back from where the action has sent it. */
export const HANDLERS: Record<Trigger, { execute: string; resume?: string }> = {
  'post-login': { execute: 'onExecutePostLogin', resume: 'onContinuePostLogin' },
  'credentials-exchange': { execute: 'onExecuteCredentialsExchange' },
  'pre-user-registration': { execute: 'onExecutePreUserRegistration' },
  'post-user-registration': { execute: 'onExecutePostUserRegistration' },
  'post-change-password': { execute: 'onExecutePostChangePassword' },
  'send-phone-message': { execute: 'onExecuteSendPhoneMessage' },
  'password-reset-post-challenge': {
    execute: 'onExecutePostChallenge',
    resume: 'onContinuePostChallenge',
  },
};
