import type { Effect, Effects } from '../route/route.ts';

/** Of /emails/provider. */
export const MAIL_SERVER_EFFECTS: Effects = {
  name: {
    only: ['smtp'],
    because:
      'other services are used through their SMTP endpoint, with its host, port, user and password',
  },
  settings: { only: [], off: {}, because: 'a mail server has no further settings' },
};

/** Templates of mails that are never sent; their `enabled`. */
export const TEMPLATE_EFFECT: Effect = { only: [false], because: 'this mail is never sent' };
